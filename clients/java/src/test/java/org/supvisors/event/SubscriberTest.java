package org.supvisors.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.zeromq.ZMQ;

/** The subscriber over a real socket. */
class SubscriberTest {
    private static final int PATIENCE_MS = 20_000;

    private final ZMQ.Context context = ZMQ.context(1);
    private final Recorder recorder = new Recorder();
    private Publisher publisher;
    private SupvisorsEventSubscriber subscriber;
    private Thread thread;

    @BeforeEach
    void open() {
        publisher = new Publisher();
        subscriber = new SupvisorsEventSubscriber(publisher.port(), context);
        subscriber.setListener(recorder);
        subscriber.setErrorHandler(recorder);
        thread = new Thread(subscriber, "subscriber");
    }

    @AfterEach
    void close() {
        subscriber.close();
        publisher.close();
        context.term();
    }

    private void start() {
        subscriber.subscribeToAll();
        thread.start();
        publisher.expectSubscription("");
    }

    private void expectEnd() throws InterruptedException {
        thread.join(PATIENCE_MS);
        assertFalse(thread.isAlive());
    }

    @Test
    void everyKindReachesItsMethodInOrder() {
        start();
        publisher.send("supvisors", Bodies.SUPVISORS);
        publisher.send("address", Bodies.ADDRESS);
        publisher.send("event", Bodies.EVENT);
        publisher.send("process", Bodies.PROCESS);
        publisher.send("application", Bodies.APPLICATION);
        assertEquals("supvisors OPERATION", recorder.next());
        assertEquals("address alpha", recorder.next());
        assertEquals("event nginx", recorder.next());
        assertEquals("process nginx", recorder.next());
        assertEquals("application web", recorder.next());
    }

    @Test
    void whatIsMalformedIsToldAndTheNextIsHeard() {
        start();
        publisher.send("supvisors", "{}");
        publisher.send("supvisors", Bodies.SUPVISORS, "third");
        publisher.send("weather", Bodies.SUPVISORS);
        publisher.send("supvisors", Bodies.SUPVISORS);
        assertEquals("refused missing_key", recorder.next());
        assertEquals("refused frame_count", recorder.next());
        assertEquals("refused unknown_header", recorder.next());
        assertEquals("supvisors OPERATION", recorder.next());
    }

    @Test
    void anExceptionOfTheListenerIsToldAndTheNextIsHeard() {
        subscriber.setListener(
                new SupvisorsEventListener() {
                    @Override
                    public void onSupvisorsStatus(SupvisorsStatus status) {
                        throw new IllegalStateException("no");
                    }

                    @Override
                    public void onProcessEvent(SupvisorsProcessEvent event) {
                        recorder.onProcessEvent(event);
                    }
                });
        start();
        publisher.send("supvisors", Bodies.SUPVISORS);
        publisher.send("event", Bodies.EVENT);
        assertEquals("listener failed: no", recorder.next());
        assertEquals("event nginx", recorder.next());
    }

    @Test
    void anExceptionOfTheErrorHandlerEndsNothing() {
        subscriber.setErrorHandler(
                new SupvisorsErrorHandler() {
                    @Override
                    public void onRefused(WireException error) {
                        recorder.tell("throws");
                        throw new IllegalStateException("no");
                    }
                });
        start();
        publisher.send("supvisors", "{}");
        publisher.send("event", Bodies.EVENT);
        assertEquals("throws", recorder.next());
        assertEquals("event nginx", recorder.next());
    }

    @Test
    void everySubscriptionAsksForItsHeader() {
        thread.start();
        subscriber.subscribeToSupvisorsStatus();
        publisher.expectSubscription("supvisors");
        subscriber.subscribeToAddressStatus();
        publisher.expectSubscription("address");
        subscriber.subscribeToApplicationStatus();
        publisher.expectSubscription("application");
        subscriber.subscribeToProcessStatus();
        publisher.expectSubscription("process");
        subscriber.subscribeToProcessEvent();
        publisher.expectSubscription("event");
        subscriber.unsubscribeFromSupvisorsStatus();
        publisher.expectUnsubscription("supvisors");
        subscriber.unsubscribeFromAddressStatus();
        publisher.expectUnsubscription("address");
        subscriber.unsubscribeFromApplicationStatus();
        publisher.expectUnsubscription("application");
        subscriber.unsubscribeFromProcessStatus();
        publisher.expectUnsubscription("process");
        subscriber.unsubscribeFromProcessEvent();
        publisher.expectUnsubscription("event");
        subscriber.subscribeToAll();
        publisher.expectSubscription("");
        subscriber.unsubscribeFromAll();
        publisher.expectUnsubscription("");
    }

    @Test
    void takingBackAllLeavesTheOthers() {
        start();
        subscriber.subscribeToProcessEvent();
        publisher.expectSubscription("event");
        subscriber.unsubscribeFromAll();
        publisher.expectUnsubscription("");
        publisher.send("supvisors", Bodies.SUPVISORS);
        publisher.send("event", Bodies.EVENT);
        assertEquals("event nginx", recorder.next());
        recorder.expectNothingMore();
    }

    @Test
    void aNewPublisherIsFound() {
        start();
        int port = publisher.port();
        publisher.close();
        publisher = new Publisher(port);
        publisher.expectSubscription("");
        publisher.send("event", Bodies.EVENT);
        assertEquals("event nginx", recorder.next());
    }

    @Test
    void theListenerMayStopIt() throws InterruptedException {
        subscriber.setListener(
                new SupvisorsEventListener() {
                    @Override
                    public void onProcessEvent(SupvisorsProcessEvent event) {
                        subscriber.stop();
                        subscriber.close();
                    }
                });
        start();
        publisher.send("event", Bodies.EVENT);
        expectEnd();
    }

    @Test
    void closeWaitsForTheSocket() {
        start();
        subscriber.close();
        subscriber.close();
        context.term(); // would hang while a socket is open
    }

    @Test
    void anInterruptEndsIt() throws InterruptedException {
        start();
        thread.interrupt();
        expectEnd();
        context.term();
    }

    @Test
    void theEndOfTheContextEndsIt() throws InterruptedException {
        start();
        context.term();
        expectEnd();
    }

    @Test
    void itRunsOnce() throws InterruptedException {
        start();
        assertThrows(IllegalStateException.class, subscriber::run);
        subscriber.stop();
        expectEnd();
        subscriber.run(); // stopped: nothing to do
    }

    @Test
    void whatWasClosedBeforeItsStartDoesNotRun() {
        subscriber.close();
        subscriber.run();
        recorder.expectNothingMore();
    }

    @Test
    void encryptedEventsAreHeard() {
        ZMQ.Curve.KeyPair server = ZMQ.Curve.generateKeyPair();
        ZMQ.Curve.KeyPair client = ZMQ.Curve.generateKeyPair();
        CurveKeys keys = new CurveKeys(server.publicKey, client.publicKey, client.secretKey);
        try (Publisher curve = new Publisher(0, server);
                SupvisorsEventSubscriber encrypted =
                        new SupvisorsEventSubscriber(
                                EventEndpoint.local(curve.port()).withCurve(keys), context)) {
            encrypted.setListener(recorder);
            encrypted.subscribeToAll();
            new Thread(encrypted).start();
            curve.expectSubscription("");
            curve.send("event", Bodies.EVENT);
            assertEquals("event nginx", recorder.next());
        }
    }

    @Test
    void keysAreCheckedAndNotShown() {
        ZMQ.Curve.KeyPair pair = ZMQ.Curve.generateKeyPair();
        CurveKeys keys = new CurveKeys(pair.publicKey, pair.publicKey, pair.secretKey);
        assertTrue(keys.toString().contains(pair.publicKey));
        assertFalse(keys.toString().contains(pair.secretKey));
        IllegalArgumentException error =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> new CurveKeys(pair.publicKey, pair.publicKey, "x" + pair.secretKey));
        assertFalse(error.getMessage().contains(pair.secretKey));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 65_536})
    void aPortIsInItsRange(int port) {
        assertThrows(IllegalArgumentException.class, () -> EventEndpoint.local(port));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "tcp://alpha", "a/b"})
    void aHostIsAHost(String host) {
        assertThrows(IllegalArgumentException.class, () -> EventEndpoint.of(host, 1));
    }

    @Test
    void endpointsReadAsZeroMqWritesThem() {
        assertEquals("tcp://127.0.0.1:60002", EventEndpoint.local(60_002).toString());
        assertEquals("tcp://[::1]:60002", EventEndpoint.of("::1", 60_002).toString());
    }
}
