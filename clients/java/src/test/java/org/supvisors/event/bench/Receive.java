package org.supvisors.event.bench;

import java.io.IOException;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.supvisors.event.EventHeader;
import org.supvisors.event.SupvisorsEventListener;
import org.supvisors.event.SupvisorsEventSubscriber;
import org.supvisors.event.SupvisorsProcessEvent;
import org.supvisors.event.SupvisorsSyncListener;
import org.supvisors.event.SupvisorsSyncSubscriber;
import org.zeromq.SocketType;
import org.zeromq.ZMQ;

/**
 * Receives messages and notes when: bare JeroMQ, the plain and the synchronised client. It connects,
 * waits for a line on standard input, then receives COUNT events and prints the time of each, in ns
 * of the monotonic clock. bench/clients.py runs it.
 */
public final class Receive implements SupvisorsSyncListener {
    private final CountDownLatch go = new CountDownLatch(1);
    private final CountDownLatch end = new CountDownLatch(1);
    private final long[] times;
    private int count = 1;

    private Receive(int count) {
        times = new long[count + 1];
    }

    /**
     * Measures.
     *
     * @param arguments raw, plain or sync; the port; the number of events
     * @throws Exception nothing can be measured
     */
    public static void main(String[] arguments) throws Exception {
        int port = Integer.parseInt(arguments[1]);
        Receive receive = new Receive(Integer.parseInt(arguments[2]));
        Thread thread = new Thread(receive.work(arguments[0], port));
        thread.setDaemon(true);
        thread.start();
        receive.measure();
    }

    private Runnable work(String mode, int port) {
        ZMQ.Context context = ZMQ.context(1);
        if (mode.equals("raw")) {
            return () -> receiveRaw(context, port);
        }
        if (mode.equals("plain")) {
            SupvisorsEventSubscriber subscriber = new SupvisorsEventSubscriber(port, context);
            subscriber.setQueueLength(Integer.MAX_VALUE);
            subscriber.subscribeToProcessEvent();
            subscriber.setListener((SupvisorsEventListener) this);
            return subscriber;
        }
        SupvisorsSyncSubscriber subscriber = new SupvisorsSyncSubscriber(port, context);
        subscriber.setQueueLength(Integer.MAX_VALUE);
        subscriber.setHeaders(Set.of(EventHeader.EVENT));
        subscriber.setListener(this);
        return subscriber;
    }

    private void receiveRaw(ZMQ.Context context, int port) {
        try (ZMQ.Socket socket = context.socket(SocketType.SUB)) {
            socket.setRcvHWM(0);
            socket.setHandshakeIvl(1_000);
            socket.subscribe("event");
            socket.connect("tcp://127.0.0.1:" + port);
            while (true) {
                socket.recv();
                socket.recv();
                note();
            }
        }
    }

    @Override
    public void onProcessEvent(SupvisorsProcessEvent event) {
        note();
    }

    private void note() {
        try {
            go.await();
        } catch (InterruptedException error) {
            throw new IllegalStateException(error);
        }
        if (count < times.length) {
            times[count++] = System.nanoTime();
        }
        if (count == times.length) {
            end.countDown();
        }
    }

    private void measure() throws IOException, InterruptedException {
        while (System.in.read() != '\n') {
            // to the end of the line
        }
        times[0] = System.nanoTime();
        go.countDown();
        end.await();
        StringBuilder lines = new StringBuilder();
        for (long time : times) {
            lines.append(time).append('\n');
        }
        System.out.print(lines);
    }
}
