package org.supvisors.event;

/** What the {@link Synchroniser} asks of its socket and tells its user. */
sealed interface SyncOutput
        permits SyncOutput.Subscribe,
                SyncOutput.Unsubscribe,
                SyncOutput.Joined,
                SyncOutput.Status,
                SyncOutput.Event,
                SyncOutput.Removed,
                Gap {

    /** Subscribe the socket to this topic. */
    record Subscribe(String topic) implements SyncOutput {}

    /** Take that subscription back. */
    record Unsubscribe(String topic) implements SyncOutput {}

    /** The mirror is complete for the first time. */
    record Joined() implements SyncOutput {}

    /** A status changed; the mirror has it. Facts are null where nothing is known. */
    record Status(SupvisorsMessage body, ProcessFacts facts, long timeMs) implements SyncOutput {}

    /**
     * A process changed its state on one address. The last is the number of its record in the
     * journal of the publisher, null where it is not known.
     */
    record Event(
            SupvisorsProcessEvent body,
            EventSource source,
            ProcessFacts facts,
            long timeMs,
            Long record)
            implements SyncOutput {}

    /** Something exists no longer; without process it is the whole application. */
    record Removed(String application, String process) implements SyncOutput {}
}
