package org.supvisors.event;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * What a client makes of the messages of dialect 2: messages in, outputs out. Pure: no socket, no
 * clock, no thread. The same machine in every language; wire/README.md, section "The synchroniser",
 * says what it does and why.
 *
 * <p>First comes {@link SyncOutput.Joined}, then every change in order, each once. The mirror is
 * what the outputs add up to. What was published and did not come is told as a {@link Gap}.
 */
final class Synchroniser {
    /** Streams that are over and whose late messages are known as such. */
    private static final int PAST_STREAMS = 8;

    private final String client;
    private final List<EventHeader> headers;
    private final Question snapshot;
    private final Question replay;
    private final SupvisorsCluster cluster;
    private final StatusLog statuses;
    private final EventLog events;
    private final boolean hasEvents;
    private final Deque<String> past = new ArrayDeque<>();
    private String stream = "";

    /**
     * A client that has heard nothing yet.
     *
     * @param client a name that no other client has: 1 to 32 characters of A-Z a-z 0-9 _ -
     * @param headers which ones are wanted, in the order of the table
     * @param cluster the mirror to write
     * @param cursor of an earlier life of this client, or null
     * @param sinceMs the same from a time on, or null
     */
    Synchroniser(
            String client,
            List<EventHeader> headers,
            SupvisorsCluster cluster,
            Cursor cursor,
            Long sinceMs) {
        this.client = client;
        this.headers = headers;
        this.cluster = cluster;
        Question.Slots slots = new Question.Slots();
        snapshot = new Question(slots);
        replay = new Question(slots);
        statuses = new StatusLog(headers, cluster, snapshot);
        events = new EventLog(replay, cursor, sinceMs);
        hasEvents = headers.contains(EventHeader.EVENT);
    }

    /** When {@link #wake} is to be called; infinite when nothing is waited for. */
    double deadlineS() {
        return Math.min(snapshot.dueS(), replay.dueS());
    }

    Cursor cursor() {
        return events.cursor();
    }

    SyncMessage.Position position() {
        return events.position();
    }

    long told() {
        return events.told();
    }

    SupvisorsCluster cluster() {
        return cluster;
    }

    /** Subscribes to all that is wanted. Called once, before anything else. */
    List<SyncOutput> start(double nowS) {
        List<SyncOutput> outputs = new ArrayList<>();
        for (EventHeader header : headers) {
            outputs.add(new SyncOutput.Subscribe(Topics.live(header)));
        }
        outputs.add(new SyncOutput.Subscribe(Topics.REMOVED));
        outputs.add(new SyncOutput.Subscribe(Topics.BEAT));
        snapshot.want(nowS);
        outputs.addAll(wake(nowS));
        return outputs;
    }

    /**
     * Takes a message.
     *
     * @throws WireException it is none of this dialect; nothing has changed
     */
    List<SyncOutput> receive(double nowS, List<byte[]> frames) throws WireException {
        SyncMessage message = SyncDecoder.decode(frames);
        List<SyncOutput> outputs = new ArrayList<>();
        if (past.contains(message.stream())) {
            return outputs;
        }
        if (!message.stream().equals(stream)) {
            enter(nowS, message.stream(), outputs);
        }
        take(nowS, message, outputs);
        outputs.addAll(wake(nowS));
        return outputs;
    }

    /** Asks what is due. Harmless at any time. */
    List<SyncOutput> wake(double nowS) {
        List<SyncOutput> outputs = new ArrayList<>();
        if (snapshot.dueS() <= nowS) {
            String before = snapshot.topic();
            snapshot.ask(nowS, slot -> Topics.snapshot(client, slot, headers));
            swap(before, snapshot.topic(), outputs);
        }
        if (replay.dueS() <= nowS) {
            String before = replay.topic();
            replay.ask(nowS, slot -> events.wanted(client, slot));
            swap(before, replay.topic(), outputs);
        }
        return outputs;
    }

    private static void swap(String before, String after, List<SyncOutput> outputs) {
        if (!before.isEmpty()) {
            outputs.add(new SyncOutput.Unsubscribe(before));
        }
        outputs.add(new SyncOutput.Subscribe(after));
    }

    /** Another publisher answers: nothing is known of its numbers. */
    private void enter(double nowS, String newStream, List<SyncOutput> outputs) {
        if (!stream.isEmpty()) {
            past.addLast(stream);
            if (past.size() > PAST_STREAMS) {
                past.removeFirst();
            }
        }
        stream = newStream;
        snapshot.expect(nowS); // the request was sent again with the connection
        statuses.enter();
        if (hasEvents) {
            events.enter(nowS, outputs);
        }
    }

    private void take(double nowS, SyncMessage message, List<SyncOutput> outputs) {
        if (message instanceof SyncMessage.Live live) {
            if (!(live.body() instanceof SupvisorsProcessEvent)) {
                statuses.take(nowS, live, outputs);
            } else if (hasEvents) {
                events.take(nowS, live, outputs);
            }
        } else if (message instanceof SyncMessage.Removal removal) {
            statuses.take(nowS, removal, outputs);
        } else if (message instanceof SyncMessage.Beat beat) {
            statuses.compare(nowS, beat.stand(), outputs);
            compareEvents(nowS, beat.stand(), outputs);
        } else if (message instanceof SyncMessage.Snapshot answer) {
            if (answer.topic().equals(snapshot.topic())) {
                statuses.adopt(answer, outputs);
                compareEvents(nowS, answer.stand(), outputs);
            }
        } else if (message instanceof SyncMessage.Page page
                && page.topic().equals(replay.topic())
                && replay.isOpen()) {
            // a page that was kept would be sent again at every connection
            outputs.add(new SyncOutput.Unsubscribe(replay.release()));
            events.turn(nowS, page, outputs);
        }
    }

    private void compareEvents(double nowS, SyncMessage.Stand stand, List<SyncOutput> outputs) {
        if (hasEvents && statuses.hasJoined()) {
            events.compare(nowS, stand, outputs);
        }
    }
}
