package org.supvisors.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.zeromq.ZMQ;

/** The synchronised subscriber over a real socket; what the machine decides is in the transcripts. */
class SyncSubscriberTest {
    private final ZMQ.Context context = ZMQ.context(1);
    private final Recorder recorder = new Recorder();
    private Publisher publisher;
    private SupvisorsSyncSubscriber subscriber;

    /** Tells a recorder what a synchronised listener hears. */
    private final class Listener implements SupvisorsSyncListener {
        @Override
        public void onJoined(SupvisorsCluster cluster) {
            recorder.tell(
                    "joined " + cluster.getProcess("web:nginx").map(p -> p.getStatename())
                            + ", cursor " + subscriber.getCursor().map(Cursor::encode));
        }

        @Override
        public void onProcessStatus(SupvisorsProcessInfo status) {
            recorder.onProcessStatus(status);
        }

        @Override
        public void onProcessEvent(
                SupvisorsProcessEvent event, EventSource source, Optional<ProcessFacts> facts) {
            recorder.tell(
                    "event " + source.number() + ", cursor "
                            + subscriber.getCursor().map(Cursor::encode));
        }

        @Override
        public void onRemoved(String application, String process) {
            recorder.tell("removed " + application + ":" + process);
        }

        @Override
        public void onGap(Gap gap) {
            recorder.tell("gap " + gap.header() + " " + gap.first() + " " + gap.last());
            throw new IllegalStateException("no");
        }
    }

    @BeforeEach
    void open() {
        publisher = new Publisher();
        subscriber = new SupvisorsSyncSubscriber(publisher.port(), context);
        subscriber.setListener(new Listener());
        subscriber.setErrorHandler(recorder);
        subscriber.setHeaders(EnumSet.of(EventHeader.PROCESS, EventHeader.EVENT));
    }

    @AfterEach
    void close() {
        subscriber.close();
        publisher.close();
        context.term();
    }

    private static String stand(long processes, long events) {
        return "{\"v\":2,\"stream\":\"s\",\"t\":1,\"seqs\":{\"supvisors\":0,\"address\":0,"
                + "\"application\":0,\"process\":" + processes + ",\"event\":" + events
                + ",\"removed\":0},\"journal\":{\"id\":\"j\",\"seq\":" + events + "}}";
    }

    private static String meta(long seq, String more) {
        return "{\"v\":2,\"stream\":\"s\",\"seq\":" + seq + ",\"t\":1" + more + "}";
    }

    private void join() {
        join("{\"journal\":\"j\",\"seq\":7,\"high\":{}}");
    }

    /** A cursor is there as soon as the join is told. */
    private void join(String cursor) {
        new Thread(subscriber).start();
        String told =
                answer(
                        "snap",
                        stand(4, 7),
                        "{\"process\":[{\"body\":" + Bodies.PROCESS + ",\"facts\":null}]}");
        assertEquals("joined Optional[RUNNING], cursor Optional[" + cursor + "]", told);
    }

    /**
     * Answers requests of a kind until something is told, since JeroMQ may connect anew meanwhile;
     * returns what is told first.
     */
    private String answer(String kind, String meta, String content) {
        String told = null;
        while (told == null) {
            String request = publisher.nextRequest();
            if (request.startsWith("\u0001\u0001" + kind + "|")) {
                publisher.send(request.substring(1), meta, content);
                told = recorder.nextWithin(2);
            }
        }
        return told;
    }

    private static String id(long number) {
        return ",\"id\":[\"alpha\",\"b\"," + number + "]";
    }

    private static String entry(long seq, long number) {
        return "{\"seq\":" + seq + ",\"t\":1" + id(number) + ",\"facts\":null,\"body\":"
                + Bodies.EVENT + "}";
    }

    private static String cursor(long seq, long number, String more) {
        return "{\"journal\":\"j\",\"seq\":" + seq + ",\"high\":{\"alpha\":[[\"b\"," + number
                + "]]}" + more + "}";
    }

    private static String eventTold(long number, String cursor) {
        return "event " + number + ", cursor Optional[" + cursor + "]";
    }

    @Test
    void changesAreToldAndMirrored() {
        join();
        publisher.send("\u0001event", meta(8, id(3)), Bodies.EVENT);
        publisher.send("\u0001process", meta(5, ""), Bodies.PROCESS);
        publisher.send(
                "\u0001removed", meta(1, ""), "{\"application\":\"web\",\"process\":\"nginx\"}");
        assertEquals(eventTold(3, cursor(7, 3, "")), recorder.next());
        assertEquals("process nginx", recorder.next());
        assertEquals("removed web:nginx", recorder.next());
        assertTrue(subscriber.getCluster().getProcesses().isEmpty());
    }

    @Test
    void gapsAndErrorsAreToldAndTheNextIsHeard() {
        join();
        publisher.send("\u0001process", meta(7, ""), Bodies.PROCESS);
        publisher.send("\u0001beat", "{}");
        assertEquals("gap process 5 6", recorder.next());
        assertEquals("listener failed: no", recorder.next());
        assertEquals("process nginx", recorder.next());
        assertEquals("refused bad_meta", recorder.next());
    }

    @Test
    void betweenTwoBeatsTheCursorSaysWhatWasTold() {
        join();
        publisher.send("\u0001event", meta(8, id(3) + ",\"record\":8"), Bodies.EVENT);
        assertEquals(eventTold(3, cursor(7, 3, ",\"told\":8")), recorder.next());
        publisher.send("\u0001event", meta(9, id(4) + ",\"record\":null"), Bodies.EVENT);
        assertEquals(eventTold(4, cursor(7, 4, ",\"told\":8")), recorder.next());
        publisher.send("\u0001event", meta(10, id(4) + ",\"record\":9"), Bodies.EVENT);
        publisher.send("\u0001process", meta(5, ""), Bodies.PROCESS);
        assertEquals("process nginx", recorder.next());
        assertEquals(cursor(7, 4, ",\"told\":9"), subscriber.getCursor().orElseThrow().encode());
        publisher.send("\u0001beat", stand(5, 10));
        publisher.send("\u0001process", meta(6, ""), Bodies.PROCESS);
        assertEquals("process nginx", recorder.next());
        assertEquals(cursor(10, 4, ""), subscriber.getCursor().orElseThrow().encode());
    }

    @Test
    void aTimeTakesThePlaceOfACursor() {
        subscriber.setCursor(Cursor.decode(cursor(5, 1, "")));
        subscriber.setSince(Instant.EPOCH);
        assertEquals(Optional.empty(), subscriber.getCursor());
    }

    @Test
    void withinAPageTheCursorSaysWhatWasToldOfIt() {
        String text = cursor(5, 1, ",\"told\":6");
        subscriber.setCursor(Cursor.decode(text));
        join(text);
        String meta =
                "{\"v\":2,\"stream\":\"s\",\"t\":1,\"journal\":{\"id\":\"j\",\"seq\":9},"
                        + "\"next\":null,\"live_from\":8,\"gone\":null}";
        String told = answer("replay", meta, "[" + entry(7, 2) + "," + entry(9, 4) + "]");
        assertEquals(eventTold(2, cursor(5, 2, ",\"told\":7")), told);
        assertEquals("gap event 8 8", recorder.next());
        assertEquals("listener failed: no", recorder.next());
        assertEquals(eventTold(4, cursor(9, 4, "")), recorder.next());
    }

    @Test
    void aCursorAsksForWhatCameAfterIt() {
        String text = cursor(5, 1, "");
        subscriber.setCursor(Cursor.decode(text));
        assertEquals(text, subscriber.getCursor().orElseThrow().encode());
        join(text);
        String request = "";
        while (!request.startsWith("\u0001\u0001replay|")) {
            request = publisher.nextRequest();
        }
        assertTrue(request.endsWith("|j|5"), request);
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> subscriber.setHeaders(List.of()));
        assertThrows(IllegalArgumentException.class, () -> Cursor.decode("{}"));
        String negative = cursor(5, 1, ",\"told\":-1");
        assertThrows(IllegalArgumentException.class, () -> Cursor.decode(negative));
        Instant before = Instant.EPOCH.minusMillis(1);
        assertThrows(IllegalArgumentException.class, () -> subscriber.setSince(before));
        subscriber.setSince(Instant.EPOCH);
        subscriber.setHeaders(EnumSet.of(EventHeader.PROCESS));
        assertThrows(IllegalStateException.class, subscriber::run);
    }
}
