/**
 * Receives the events that Supvisors publishes.
 *
 * <p>{@link org.supvisors.event.SupvisorsEventSubscriber} hears events as they are published, like
 * any ZeroMQ subscriber. {@link org.supvisors.event.EventDecoder} turns frames into values for
 * those who have a socket of their own.
 */
package org.supvisors.event;
