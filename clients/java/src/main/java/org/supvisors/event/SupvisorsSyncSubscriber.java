package org.supvisors.event;

import java.math.BigInteger;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.zeromq.ZMQ;

/**
 * Keeps a mirror of the cluster that is always right, and tells every change in order, each once.
 *
 * <p>The listener first hears {@link SupvisorsSyncListener#onJoined}, then changes. When messages
 * were lost or the agent was restarted, the state is repaired without a word, and what cannot be had
 * again is told as a {@link Gap}. With {@link #setCursor} process events go on where an earlier run
 * stopped, as far as the journal of the agent holds them.
 *
 * <p>Threads, stop, close and errors are those of {@link SupvisorsEventSubscriber}.
 */
public final class SupvisorsSyncSubscriber implements Runnable, AutoCloseable {
    private static final double S_PER_NS = 1e-9;
    private static final int NAME_BITS = 80;
    private static final int NAME_RADIX = 36;

    private final ReceiveLoop loop;
    private final SupvisorsCluster cluster = new SupvisorsCluster();
    private final Object cursorLock = new Object();
    private EnumSet<EventHeader> headers = EnumSet.allOf(EventHeader.class);
    private Cursor start;
    private Instant since;
    private Place place = new Place(null);
    private High high = new High(Map.of());
    private volatile SupvisorsSyncListener listener = new SupvisorsSyncListener() {};
    private volatile SupvisorsErrorHandler errorHandler = new SupvisorsErrorHandler() {};

    /**
     * A subscriber to the local agent.
     *
     * @param port the option {@code event_port} of the agent
     * @param context the ZeroMQ context; of a ZContext, what getContext gives
     * @throws IllegalArgumentException {@code port} is not in [1;65535]
     */
    public SupvisorsSyncSubscriber(int port, ZMQ.Context context) {
        this(EventEndpoint.local(port), context);
    }

    /**
     * A subscriber to any agent.
     *
     * @param endpoint where the agent publishes
     * @param context the ZeroMQ context
     */
    public SupvisorsSyncSubscriber(EventEndpoint endpoint, ZMQ.Context context) {
        loop = new ReceiveLoop(Objects.requireNonNull(context), Objects.requireNonNull(endpoint));
    }

    /**
     * Sets who is called.
     *
     * @param listener called in the thread of this subscriber
     */
    public void setListener(SupvisorsSyncListener listener) {
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
     * Sets what is wanted; all of it unless set. Before the start.
     *
     * @param wanted one header at least
     * @throws IllegalArgumentException there is none
     */
    public void setHeaders(Collection<EventHeader> wanted) {
        if (wanted.isEmpty()) {
            throw new IllegalArgumentException("name one header at least");
        }
        headers = EnumSet.copyOf(wanted);
    }

    /**
     * Has the process events told that came after an earlier run. Before the start.
     *
     * @param cursor what {@link #getCursor} gave
     */
    public void setCursor(Cursor cursor) {
        start = Objects.requireNonNull(cursor);
        since = null;
        synchronized (cursorLock) {
            place = new Place(cursor);
            high = new High(cursor.high());
        }
    }

    /**
     * Has the process events told that were published from a time on. Before the start.
     *
     * @param time not before 1970
     * @throws IllegalArgumentException {@code time} is before 1970
     */
    public void setSince(Instant time) {
        if (time.isBefore(Instant.EPOCH)) {
            throw new IllegalArgumentException("nothing was published before 1970: " + time);
        }
        since = time;
        start = null;
        synchronized (cursorLock) {
            place = new Place(null);
            high = new High(Map.of());
        }
    }

    /**
     * Sets how many messages may wait while the listener is slow; what comes after is repaired or
     * told as a gap.
     *
     * @param messages 100,000 unless set; counts when set before the start
     * @throws IllegalArgumentException {@code messages} is below 1
     */
    public void setQueueLength(int messages) {
        loop.setQueueLength(messages);
    }

    /**
     * {@return the mirror; empty until the listener was told that it has joined}
     */
    public SupvisorsCluster getCluster() {
        return cluster;
    }

    /**
     * Returns where to go on in a later run. In a method of the listener, and after it, that event is
     * in it.
     *
     * @return the cursor; empty before the first snapshot, or where the agent keeps no journal
     */
    public Optional<Cursor> getCursor() {
        synchronized (cursorLock) {
            return Optional.ofNullable(place.cursor(high));
        }
    }

    /**
     * Connects and receives, until the end. For one thread, once.
     *
     * @throws IllegalStateException it runs already, or has run; or events before the start are
     *     wanted without {@link EventHeader#EVENT}
     */
    @Override
    public void run() {
        if ((start != null || since != null) && !headers.contains(EventHeader.EVENT)) {
            throw new IllegalStateException(
                    "what happened before is told as events: add EventHeader.EVENT");
        }
        Long sinceMs = since == null ? null : (Long) since.toEpochMilli();
        String client = new BigInteger(NAME_BITS, new SecureRandom()).toString(NAME_RADIX);
        loop.run(
                new Work(
                        new Synchroniser(
                                client, List.copyOf(headers), cluster, start, sinceMs)));
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

    private static double nowS() {
        return System.nanoTime() * S_PER_NS;
    }

    /** Joins the machine with its socket and its user. In the thread of the loop. */
    private final class Work implements ReceiveLoop.Work {
        private final Synchroniser machine;
        private JeroMq socket;

        Work(Synchroniser machine) {
            this.machine = machine;
        }

        @Override
        public void turn(JeroMq turning) {
            if (socket == null) {
                socket = turning;
                perform(machine.start(nowS()));
            } else if (machine.deadlineS() <= nowS()) {
                perform(machine.wake(nowS()));
            }
        }

        @Override
        public void receive(List<byte[]> frames) {
            List<SyncOutput> outputs;
            try {
                outputs = machine.receive(nowS(), frames);
            } catch (WireException error) {
                Guard.call(() -> errorHandler.onRefused(error));
                return;
            }
            perform(outputs);
        }

        private void perform(List<SyncOutput> outputs) {
            List<SyncOutput> told = new ArrayList<>();
            for (SyncOutput output : outputs) {
                if (output instanceof SyncOutput.Subscribe request) {
                    socket.subscribe(Topics.bytes(request.topic()));
                } else if (output instanceof SyncOutput.Unsubscribe request) {
                    socket.unsubscribe(Topics.bytes(request.topic()));
                } else {
                    told.add(output);
                }
            }
            if (told.isEmpty()) {
                moveCursor(Optional.empty(), true);
            }
            for (int i = 0; i < told.size(); i++) {
                SyncOutput output = told.get(i);
                moveCursor(Optional.of(output), i == told.size() - 1);
                Guard.call(() -> call(output), errorHandler);
            }
        }

        /** The machine is behind all of its outputs already: the user is only with the last. */
        private void moveCursor(Optional<SyncOutput> output, boolean isLast) {
            synchronized (cursorLock) {
                if (output.isPresent() && output.get() instanceof SyncOutput.Event event) {
                    high.take(event.source());
                    place.tell(event.record());
                }
                if (isLast) {
                    place.move(machine.position());
                    place.tell(machine.told());
                }
            }
        }

        private void call(SyncOutput output) {
            if (output instanceof SyncOutput.Event event) {
                listener.onProcessEvent(
                        event.body(), event.source(), Optional.ofNullable(event.facts()));
            } else if (output instanceof SyncOutput.Status status
                    && status.body() instanceof SupvisorsProcessInfo info) {
                listener.onProcessStatus(info, Optional.ofNullable(status.facts()));
            } else if (output instanceof SyncOutput.Status status) {
                status.body().deliverTo(listener);
            } else if (output instanceof SyncOutput.Removed gone) {
                listener.onRemoved(gone.application(), gone.process());
            } else if (output instanceof Gap gap) {
                listener.onGap(gap);
            } else {
                listener.onJoined(cluster);
            }
        }
    }
}
