package org.supvisors.event;

import java.util.List;
import java.util.Map;

/** A message of dialect 2 (wire/README.md). What is not there is null. */
sealed interface SyncMessage {
    /** Identity of the publisher; another one at each start of the agent. */
    String stream();

    /** Second frame of live messages and of removals; the last is a number of the journal. */
    record Meta(
            String stream,
            long seq,
            long timeMs,
            EventSource source,
            ProcessFacts facts,
            Long record) {}

    /** How far a journal goes. */
    record Position(String journal, long seq) {}

    /** Where a publisher stands at one instant. */
    record Stand(String stream, long timeMs, Map<String, Long> seqs, Position journal) {}

    /** Second frame of a page; one of the last three is not null. */
    record PageMeta(String stream, Position journal, Long next, Long liveFrom, Long gone) {}

    /** A process event out of the journal. */
    record Entry(long seq, SyncOutput.Event event) {}

    /** A message with a header of dialect 1. */
    record Live(Meta meta, SupvisorsMessage body) implements SyncMessage {
        @Override
        public String stream() {
            return meta.stream();
        }
    }

    /** Something exists no longer. */
    record Removal(Meta meta, SyncOutput.Removed gone) implements SyncMessage {
        @Override
        public String stream() {
            return meta.stream();
        }
    }

    /** The publisher is there, and has published so much. */
    record Beat(Stand stand) implements SyncMessage {
        @Override
        public String stream() {
            return stand.stream();
        }
    }

    /** All statuses that were asked for. */
    record Snapshot(String topic, Stand stand, List<SyncOutput.Status> statuses)
            implements SyncMessage {
        @Override
        public String stream() {
            return stand.stream();
        }
    }

    /** A page of the journal, the oldest record first. */
    record Page(String topic, PageMeta meta, List<Entry> entries) implements SyncMessage {
        @Override
        public String stream() {
            return meta.stream();
        }
    }
}
