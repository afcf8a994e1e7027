package org.supvisors.event;

import java.util.Optional;

/**
 * What a program does with synchronised events. All methods are called by the thread that runs the
 * subscriber, one after the other; the mirror has what they tell.
 */
public interface SupvisorsSyncListener extends SupvisorsEventListener {
    /**
     * The mirror is complete for the first time. Every later change is told.
     *
     * @param cluster the mirror
     */
    default void onJoined(SupvisorsCluster cluster) {}

    /**
     * An application or a process exists no longer.
     *
     * @param application name of the application
     * @param process name of the process; empty when it is the whole application
     */
    default void onRemoved(String application, String process) {}

    /**
     * Messages were published, did not come, and cannot be had again.
     *
     * @param gap which ones
     */
    default void onGap(Gap gap) {}

    /**
     * A process changed its state on one address. Calls {@link #onProcessEvent} unless it is
     * overridden.
     *
     * @param event what happened
     * @param source which event it is, whoever tells it
     * @param facts what else is known
     */
    default void onProcessEvent(
            SupvisorsProcessEvent event, EventSource source, Optional<ProcessFacts> facts) {
        onProcessEvent(event);
    }

    /**
     * The state of a process over all addresses changed. Calls {@link #onProcessStatus} unless it
     * is overridden.
     *
     * @param status the new state
     * @param facts what else is known
     */
    default void onProcessStatus(SupvisorsProcessInfo status, Optional<ProcessFacts> facts) {
        onProcessStatus(status);
    }
}
