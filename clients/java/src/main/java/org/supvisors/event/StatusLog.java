package org.supvisors.event;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Statuses and removals of one client: their numbers, gaps, and the mirror. */
final class StatusLog {
    private final List<String> names;
    private final SupvisorsCluster cluster;
    private final Question question;

    /** Number of the last message of each name; null before the snapshot of a stream. */
    private Map<String, Long> held;

    private boolean hasJoined;

    StatusLog(List<EventHeader> headers, SupvisorsCluster cluster, Question question) {
        this.cluster = cluster;
        this.question = question;
        List<String> sequenced = new ArrayList<>();
        for (EventHeader header : headers) {
            if (header != EventHeader.EVENT) {
                sequenced.add(header.getText());
            }
        }
        sequenced.add(Topics.REMOVED_NAME);
        names = List.copyOf(sequenced);
    }

    boolean hasJoined() {
        return hasJoined;
    }

    /** Takes nothing before the snapshot of the new stream. */
    void enter() {
        held = null;
    }

    /** Takes the next status. */
    void take(double nowS, SyncMessage.Live message, List<SyncOutput> outputs) {
        String name = message.body().getHeader().getText();
        if (advances(nowS, name, message.meta().seq(), outputs)) {
            SyncMessage.Meta meta = message.meta();
            cluster.apply(message.body(), meta.facts());
            outputs.add(new SyncOutput.Status(message.body(), meta.facts(), meta.timeMs()));
        }
    }

    /** Takes the next removal. */
    void take(double nowS, SyncMessage.Removal message, List<SyncOutput> outputs) {
        if (advances(nowS, Topics.REMOVED_NAME, message.meta().seq(), outputs)
                && cluster.remove(message.gone())) {
            outputs.add(message.gone());
        }
    }

    /** Whether a message is a later one; if it is not the next, that is told and repaired. */
    private boolean advances(double nowS, String name, long seq, List<SyncOutput> outputs) {
        if (held == null || !held.containsKey(name) || seq <= held.get(name)) {
            return false;
        }
        if (advance(name, seq - 1, outputs)) {
            question.want(nowS);
        }
        held.put(name, seq);
        return true;
    }

    /** Notices that the last messages were lost. */
    void compare(double nowS, SyncMessage.Stand stand, List<SyncOutput> outputs) {
        if (catchUp(stand, outputs)) {
            question.want(nowS);
        }
    }

    /** Makes the mirror what a snapshot says, unless it is older than the mirror. */
    void adopt(SyncMessage.Snapshot snapshot, List<SyncOutput> outputs) {
        Map<String, Long> seqs = snapshot.stand().seqs();
        if (held != null && names.stream().anyMatch(name -> seqs.get(name) < held.get(name))) {
            return;
        }
        catchUp(snapshot.stand(), outputs);
        held = new HashMap<>(seqs);
        held.keySet().retainAll(names);
        question.answered();
        List<SyncOutput> changes = new ArrayList<>();
        for (SyncOutput.Status status : snapshot.statuses()) {
            if (cluster.apply(status.body(), status.facts())) {
                changes.add(status);
            }
        }
        changes.addAll(cluster.retain(snapshot.statuses()));
        if (hasJoined) {
            outputs.addAll(changes);
        } else {
            hasJoined = true;
            outputs.add(new SyncOutput.Joined());
        }
    }

    private boolean catchUp(SyncMessage.Stand stand, List<SyncOutput> outputs) {
        boolean isBehind = false;
        if (held != null) {
            for (String name : names) {
                isBehind |= advance(name, stand.seqs().get(name), outputs);
            }
        }
        return isBehind;
    }

    private boolean advance(String name, long seq, List<SyncOutput> outputs) {
        long last = held.get(name);
        if (seq <= last) {
            return false;
        }
        held.put(name, seq);
        outputs.add(new Gap(name, last + 1, seq));
        return true;
    }
}
