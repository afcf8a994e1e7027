package org.supvisors.event;

import java.lang.System.Logger.Level;

/**
 * Hears of what went wrong with one message; the subscriber goes on with the next. By default a
 * warning is logged with the {@link System.Logger} {@code org.supvisors.event}.
 *
 * <p>Called by the thread that runs the subscriber.
 */
public interface SupvisorsErrorHandler {
    /**
     * A message was dropped since it is none of the event interface.
     *
     * @param error what is wrong with it
     */
    default void onRefused(WireException error) {
        System.getLogger("org.supvisors.event")
                .log(Level.WARNING, "dropped a malformed message: {0}", error.getMessage());
    }

    /**
     * A method of the listener ended with an exception.
     *
     * @param error what it threw
     */
    default void onListenerError(RuntimeException error) {
        System.getLogger("org.supvisors.event").log(Level.WARNING, "the listener failed", error);
    }
}
