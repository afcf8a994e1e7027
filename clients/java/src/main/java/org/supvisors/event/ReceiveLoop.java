package org.supvisors.event;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.zeromq.ZMQ;
import org.zeromq.ZMQException;

/**
 * The life of a subscriber: one run, in one thread, which alone opens, uses and closes the socket,
 * since ZeroMQ sockets are not thread-safe.
 */
final class ReceiveLoop {
    /** What is done in the thread of the loop. */
    interface Work {
        /** Called before each wait for a message, and so at least every {@link JeroMq#TURN_MS}. */
        void turn(JeroMq socket);

        /** Called for each message. */
        void receive(List<byte[]> frames);
    }

    private final ZMQ.Context context;
    private final EventEndpoint endpoint;
    private final AtomicBoolean isTaken = new AtomicBoolean();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile int queueLength = JeroMq.QUEUE_LENGTH;
    private volatile boolean isStopped;
    private volatile Thread thread;

    ReceiveLoop(ZMQ.Context context, EventEndpoint endpoint) {
        this.context = context;
        this.endpoint = endpoint;
    }

    void setQueueLength(int messages) {
        if (messages < 1) {
            throw new IllegalArgumentException("the queue needs room for a message");
        }
        queueLength = messages;
    }

    /** Works until {@link #stop}, an interrupt of the thread, or the end of the context. */
    void run(Work work) {
        if (!isTaken.compareAndSet(false, true)) {
            if (isStopped) {
                return;
            }
            throw new IllegalStateException("a subscriber runs once; make another one");
        }
        thread = Thread.currentThread();
        boolean wasInterrupted = false;
        try (JeroMq socket = new JeroMq(context, endpoint, queueLength)) {
            receive(socket, work);
            // an interrupted thread could not close the channels of the socket in order
            wasInterrupted = Thread.interrupted();
        } finally {
            ended.countDown();
            if (wasInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void receive(JeroMq socket, Work work) {
        while (!isStopped && !Thread.currentThread().isInterrupted()) {
            try {
                work.turn(socket);
                List<byte[]> frames = socket.receive();
                if (frames != null) {
                    work.receive(frames);
                }
            } catch (ZMQException error) {
                if (isStopped || isEnd(error)) {
                    return;
                }
                throw error;
            }
        }
    }

    private static boolean isEnd(ZMQException error) {
        return error.getErrorCode() == ZMQ.Error.ETERM.getCode()
                || Thread.currentThread().isInterrupted();
    }

    /** Ends the loop after the message at hand. From any thread, any number of times. */
    void stop() {
        isStopped = true;
    }

    /** Ends the loop, and returns when its socket is closed. In its own thread like stop. */
    void close() {
        stop();
        if (isTaken.compareAndSet(false, true)) {
            ended.countDown(); // it never ran, and never will
        }
        if (thread == Thread.currentThread()) {
            return;
        }
        boolean wasInterrupted = false;
        while (true) {
            try {
                ended.await();
                break;
            } catch (InterruptedException error) {
                wasInterrupted = true; // the wait is short: a turn, or the end of a listener's method
            }
        }
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
