package org.supvisors.event;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The process events of one client: live ones, joined to those of the journal. An event is told
 * once, by its source. Live events wait while a replay goes on, so that all are told in the order of
 * their publication.
 */
final class EventLog {
    private static final String EVENT = EventHeader.EVENT.getText();

    /** Live events that wait for a replay; later ones are asked for again. */
    private static final int WAITING_MAX = 100_000;

    private static final long NOTHING_HELD = -1;

    private final Question question;
    private final High high;
    private final Place place;
    private final SortedMap<Long, SyncMessage.Live> waiting = new TreeMap<>();

    private Long sinceMs;

    /** Number in the stream of the last event told. */
    private long held = NOTHING_HELD;

    private boolean isReplaying;

    EventLog(Question question, Cursor cursor, Long sinceMs) {
        this.question = question;
        this.sinceMs = sinceMs;
        high = new High(cursor == null ? Map.of() : cursor.high());
        place = new Place(cursor);
    }

    /** Journal, and number of the record after which to go on; null when it is not known. */
    SyncMessage.Position position() {
        return place.position();
    }

    /** Number in that journal up to which everything was told, live events included. */
    long told() {
        return place.told();
    }

    /** Where to go on later; null before the first snapshot or without a journal. */
    Cursor cursor() {
        return place.cursor(high);
    }

    /** The topic of the page that is wanted now. */
    String wanted(String client, int slot) {
        return position() == null
                ? Topics.replaySince(client, slot, sinceMs == null ? 0 : sinceMs)
                : Topics.replayAfter(client, slot, position());
    }

    /** Another stream: its numbers begin anew, and the end of the last one may be lost. */
    void enter(double nowS, List<SyncOutput> outputs) {
        if (held == NOTHING_HELD) {
            return;
        }
        waiting.clear();
        long lostFrom = held + 1;
        held = 0;
        if (isReplaying) {
            return;
        }
        if (position() == null) {
            outputs.add(new Gap(EVENT, lostFrom, 0));
        } else {
            replay(nowS);
        }
    }

    /** Takes a live event. */
    void take(double nowS, SyncMessage.Live message, List<SyncOutput> outputs) {
        long seq = message.meta().seq();
        if (held == NOTHING_HELD || seq <= held) {
            return;
        }
        if (waiting.size() < WAITING_MAX) {
            waiting.put(seq, message);
        }
        if (!isReplaying) {
            drain(nowS, outputs);
        }
    }

    /** Notices that the last events were lost, or that all up to here are there. */
    void compare(double nowS, SyncMessage.Stand stand, List<SyncOutput> outputs) {
        long seq = stand.seqs().get(EVENT);
        if (held == NOTHING_HELD) {
            begin(nowS, stand, seq, outputs);
            return;
        }
        if (isReplaying) {
            return;
        }
        if (stand.journal() == null) {
            place.move(null);
        }
        if (seq > held) {
            miss(nowS, seq, outputs);
        } else if (seq == held && stand.journal() != null) {
            settle(stand.journal());
        }
    }

    private void begin(
            double nowS, SyncMessage.Stand stand, long seq, List<SyncOutput> outputs) {
        held = seq;
        boolean isResumed = position() != null || sinceMs != null;
        if (stand.journal() == null) {
            if (isResumed) {
                giveUp(outputs);
            }
        } else if (isResumed) {
            replay(nowS);
        } else {
            settle(stand.journal());
        }
    }

    /** Takes a page of the replay that is under way. */
    void turn(double nowS, SyncMessage.Page page, List<SyncOutput> outputs) {
        SyncMessage.PageMeta meta = page.meta();
        if (meta.gone() != null) {
            lose(nowS, meta, outputs);
            return;
        }
        for (SyncMessage.Entry entry : page.entries()) {
            read(meta.journal().journal(), entry, outputs);
        }
        if (meta.next() != null) {
            settle(new SyncMessage.Position(meta.journal().journal(), meta.next()));
            question.goOn(nowS);
            return;
        }
        if (position() == null) {
            settle(meta.journal());
        }
        held = Math.max(held, meta.liveFrom() - 1);
        endReplay(nowS, outputs);
    }

    /** Everything up to this number of the journal was told. */
    private void settle(SyncMessage.Position safe) {
        SyncMessage.Position position = position();
        if (position == null
                || !position.journal().equals(safe.journal())
                || position.seq() < safe.seq()) {
            place.move(safe);
        }
    }

    private void replay(double nowS) {
        isReplaying = true;
        question.want(nowS);
    }

    private void read(String journal, SyncMessage.Entry entry, List<SyncOutput> outputs) {
        if (position() != null) {
            if (entry.seq() <= position().seq()) {
                return;
            }
            long missing = place.told() + 1;
            if (entry.seq() > missing) {
                outputs.add(new Gap(EVENT, missing, entry.seq() - 1));
            }
        }
        place.move(new SyncMessage.Position(journal, entry.seq()));
        tell(entry.event(), outputs);
    }

    /** What was asked for is gone: says so, and goes on with what is left. */
    private void lose(double nowS, SyncMessage.PageMeta meta, List<SyncOutput> outputs) {
        if (meta.journal() == null) {
            giveUp(outputs);
            endReplay(nowS, outputs);
            return;
        }
        String journal = meta.journal().journal();
        if (position() != null) {
            long missing = place.told() + 1;
            if (!position().journal().equals(journal)) {
                outputs.add(new Gap(EVENT, missing, 0));
            } else if (meta.gone() > missing) {
                outputs.add(new Gap(EVENT, missing, meta.gone() - 1));
            }
        }
        place.move(new SyncMessage.Position(journal, Math.max(0, meta.gone() - 1)));
        question.goOn(nowS);
    }

    /** There is no journal any more. */
    private void giveUp(List<SyncOutput> outputs) {
        outputs.add(new Gap(EVENT, place.told() + 1, 0));
        place.move(null);
        sinceMs = null;
    }

    private void endReplay(double nowS, List<SyncOutput> outputs) {
        isReplaying = false;
        question.answered();
        drain(nowS, outputs);
    }

    /** Tells what waited, as far as it has no hole. */
    private void drain(double nowS, List<SyncOutput> outputs) {
        for (long seq : new ArrayList<>(waiting.keySet())) {
            if (seq > held + 1) {
                miss(nowS, seq - 1, outputs);
                if (isReplaying) {
                    return;
                }
            }
            SyncMessage.Live message = waiting.remove(seq);
            if (seq > held) {
                held = seq;
                tell(eventOf(message), outputs);
            }
        }
    }

    private static SyncOutput.Event eventOf(SyncMessage.Live message) {
        SyncMessage.Meta meta = message.meta();
        SupvisorsProcessEvent body = (SupvisorsProcessEvent) message.body();
        return new SyncOutput.Event(
                body, meta.source(), meta.facts(), meta.timeMs(), meta.record());
    }

    private void tell(SyncOutput.Event event, List<SyncOutput> outputs) {
        place.tell(event.record());
        if (high.take(event.source())) {
            outputs.add(event);
        }
    }

    /** Events up to a number did not come: has them replayed, or says that they are lost. */
    private void miss(double nowS, long last, List<SyncOutput> outputs) {
        if (position() != null) {
            replay(nowS);
            return;
        }
        outputs.add(new Gap(EVENT, held + 1, last));
        held = last;
    }
}
