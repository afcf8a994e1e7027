package org.supvisors.event;

import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.zeromq.ZMQ;

/**
 * Receives the events that a Supvisors agent publishes, and calls a listener for each.
 *
 * <p>Say what you want to hear with the {@code subscribeTo…} methods, attach a listener, and give
 * the subscriber to a thread. That thread connects, calls the listener, and connects again by
 * itself when the agent restarts. It ends after {@link #stop} or {@link #close}, when it is
 * interrupted, or when the ZeroMQ context is terminated. The context stays the caller's.
 *
 * <p>All methods may be called from any thread, before the start and after; what they change
 * counts within 0.1 s. Subscriptions are counted, as ZeroMQ does: what was subscribed twice is heard
 * until it is unsubscribed twice, and {@link #unsubscribeFromAll} takes back one {@link
 * #subscribeToAll} and nothing else.
 *
 * <p>This is plain publish and subscribe: who comes late learns the state of an object when it
 * changes next, and what a slow listener misses is lost without a word.
 */
public final class SupvisorsEventSubscriber implements Runnable, AutoCloseable {
    private static final byte[] ALL = {};

    private final ReceiveLoop loop;
    private final Queue<Consumer<JeroMq>> requests = new ConcurrentLinkedQueue<>();
    private volatile SupvisorsEventListener listener = new SupvisorsEventListener() {};
    private volatile SupvisorsErrorHandler errorHandler = new SupvisorsErrorHandler() {};

    /**
     * A subscriber to the local agent.
     *
     * @param port the option {@code event_port} of the agent
     * @param context the ZeroMQ context; of a ZContext, what getContext gives
     * @throws IllegalArgumentException {@code port} is not in [1;65535]
     */
    public SupvisorsEventSubscriber(int port, ZMQ.Context context) {
        this(EventEndpoint.local(port), context);
    }

    /**
     * A subscriber to any agent.
     *
     * @param endpoint where the agent publishes
     * @param context the ZeroMQ context
     */
    public SupvisorsEventSubscriber(EventEndpoint endpoint, ZMQ.Context context) {
        loop = new ReceiveLoop(Objects.requireNonNull(context), Objects.requireNonNull(endpoint));
    }

    /**
     * Sets who is called. Another listener takes the place of the one before.
     *
     * @param listener called in the thread of this subscriber
     */
    public void setListener(SupvisorsEventListener listener) {
        this.listener = Objects.requireNonNull(listener);
    }

    /**
     * Sets who hears of malformed messages and of exceptions of the listener.
     *
     * @param handler called in the thread of this subscriber
     */
    public void setErrorHandler(SupvisorsErrorHandler handler) {
        this.errorHandler = Objects.requireNonNull(handler);
    }

    /**
     * Sets how many messages may wait while the listener is slow; what comes after is lost.
     *
     * @param messages 100,000 unless set; counts when set before the start
     * @throws IllegalArgumentException {@code messages} is below 1
     */
    public void setQueueLength(int messages) {
        loop.setQueueLength(messages);
    }

    /** Subscribes to all messages. */
    public void subscribeToAll() {
        requests.add(socket -> socket.subscribe(ALL));
    }

    /** Subscribes to the state of Supvisors. */
    public void subscribeToSupvisorsStatus() {
        subscribeTo(EventHeader.SUPVISORS);
    }

    /** Subscribes to the states of addresses. */
    public void subscribeToAddressStatus() {
        subscribeTo(EventHeader.ADDRESS);
    }

    /** Subscribes to the states of applications. */
    public void subscribeToApplicationStatus() {
        subscribeTo(EventHeader.APPLICATION);
    }

    /** Subscribes to the states of processes. */
    public void subscribeToProcessStatus() {
        subscribeTo(EventHeader.PROCESS);
    }

    /** Subscribes to the events of processes. */
    public void subscribeToProcessEvent() {
        subscribeTo(EventHeader.EVENT);
    }

    /** Takes back one {@link #subscribeToAll}. */
    public void unsubscribeFromAll() {
        requests.add(socket -> socket.unsubscribe(ALL));
    }

    /** Takes back one {@link #subscribeToSupvisorsStatus}. */
    public void unsubscribeFromSupvisorsStatus() {
        unsubscribeFrom(EventHeader.SUPVISORS);
    }

    /** Takes back one {@link #subscribeToAddressStatus}. */
    public void unsubscribeFromAddressStatus() {
        unsubscribeFrom(EventHeader.ADDRESS);
    }

    /** Takes back one {@link #subscribeToApplicationStatus}. */
    public void unsubscribeFromApplicationStatus() {
        unsubscribeFrom(EventHeader.APPLICATION);
    }

    /** Takes back one {@link #subscribeToProcessStatus}. */
    public void unsubscribeFromProcessStatus() {
        unsubscribeFrom(EventHeader.PROCESS);
    }

    /** Takes back one {@link #subscribeToProcessEvent}. */
    public void unsubscribeFromProcessEvent() {
        unsubscribeFrom(EventHeader.EVENT);
    }

    /**
     * Subscribes to the messages with a header.
     *
     * @param header what to hear
     */
    public void subscribeTo(EventHeader header) {
        requests.add(socket -> socket.subscribe(header.topic()));
    }

    /**
     * Takes back one subscription to a header.
     *
     * @param header what not to hear any more
     */
    public void unsubscribeFrom(EventHeader header) {
        requests.add(socket -> socket.unsubscribe(header.topic()));
    }

    /**
     * Connects and receives, until the end. For one thread, once.
     *
     * @throws IllegalStateException it runs already, or has run
     */
    @Override
    public void run() {
        loop.run(
                new ReceiveLoop.Work() {
                    @Override
                    public void turn(JeroMq socket) {
                        for (var request = requests.poll();
                                request != null;
                                request = requests.poll()) {
                            request.accept(socket);
                        }
                    }

                    @Override
                    public void receive(List<byte[]> frames) {
                        deliver(frames);
                    }
                });
    }

    private void deliver(List<byte[]> frames) {
        SupvisorsMessage message;
        try {
            message = EventDecoder.decode(frames);
        } catch (WireException error) {
            Guard.call(() -> errorHandler.onRefused(error));
            return;
        }
        Guard.call(() -> message.deliverTo(listener), errorHandler);
    }

    /**
     * Ends {@link #run} after the message at hand. Does not wait for it; may be called by the
     * listener too.
     */
    public void stop() {
        loop.stop();
    }

    /**
     * Ends {@link #run}, and returns when it has closed its socket: then the context can be
     * terminated. In the listener it is the same as {@link #stop}.
     */
    @Override
    public void close() {
        loop.close();
    }
}
