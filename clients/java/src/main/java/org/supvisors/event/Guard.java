package org.supvisors.event;

import java.lang.System.Logger.Level;

/** Calls what a user wrote. No exception of it ends the thread that receives. */
final class Guard {
    private Guard() {}

    /** Calls a listener. */
    static void call(Runnable listener, SupvisorsErrorHandler handler) {
        try {
            listener.run();
        } catch (RuntimeException error) {
            call(() -> handler.onListenerError(error));
        }
    }

    /** Calls an error handler, beyond which there is only the log. */
    static void call(Runnable handler) {
        try {
            handler.run();
        } catch (RuntimeException error) {
            System.getLogger("org.supvisors.event")
                    .log(Level.ERROR, "the error handler failed", error);
        }
    }
}
