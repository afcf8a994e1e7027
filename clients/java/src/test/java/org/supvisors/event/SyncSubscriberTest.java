package org.supvisors.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
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
                            + subscriber.getCursor().map(Cursor::high));
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

    /**
     * Answers requests for a snapshot until one has arrived, since JeroMQ may connect anew
     * meanwhile; a cursor is there as soon as that is told.
     */
    private void join(String cursor) {
        new Thread(subscriber).start();
        String told = null;
        while (told == null) {
            String request = publisher.nextRequest();
            if (request.startsWith("\u0001\u0001snap|")) {
                publisher.send(
                        request.substring(1),
                        stand(4, 7),
                        "{\"process\":[{\"body\":" + Bodies.PROCESS + ",\"facts\":null}]}");
                told = recorder.nextWithin(2);
            }
        }
        assertEquals("joined Optional[RUNNING], cursor Optional[" + cursor + "]", told);
    }

    @Test
    void changesAreToldAndMirrored() {
        join();
        publisher.send(
                "\u0001event", meta(8, ",\"id\":[\"alpha\",\"b\",3]"), Bodies.EVENT);
        publisher.send("\u0001process", meta(5, ""), Bodies.PROCESS);
        publisher.send(
                "\u0001removed", meta(1, ""), "{\"application\":\"web\",\"process\":\"nginx\"}");
        Map<String, List<Cursor.Life>> high = Map.of("alpha", List.of(new Cursor.Life("b", 3)));
        assertEquals("event 3, cursor Optional[" + high + "]", recorder.next());
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
    void aCursorAsksForWhatCameAfterIt() {
        String text = "{\"journal\":\"j\",\"seq\":5,\"high\":{\"alpha\":[[\"b\",1]]}}";
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
        Instant before = Instant.EPOCH.minusMillis(1);
        assertThrows(IllegalArgumentException.class, () -> subscriber.setSince(before));
        subscriber.setSince(Instant.EPOCH);
        subscriber.setHeaders(EnumSet.of(EventHeader.PROCESS));
        assertThrows(IllegalStateException.class, subscriber::run);
    }
}
