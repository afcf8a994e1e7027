/** Programs that show how the client is used. */
package org.supvisors.event.examples;
