package org.supvisors.event;

import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.zeromq.ZMQ;

/**
 * The SUB socket of a client, on any JeroMQ from 0.3.6 on.
 *
 * <p>Between 0.3.6 and 0.6 the methods that configure a socket began to return a boolean, so a call
 * that was compiled for one of them does not link with the other. They are therefore looked up by
 * name. What is called for each message is the same in both, and called directly.
 *
 * <p>For one thread.
 */
final class JeroMq implements AutoCloseable {
    /** A subscriber that has nothing to do looks around this often. */
    static final int TURN_MS = 100;

    /** A new agent publishes 0.3 s after it opens its port: by then we are connected. */
    private static final long RECONNECT_MS = 50;

    /** The burst of a whole site fits in while a listener is slow: about 30 MiB. */
    static final int QUEUE_LENGTH = 100_000;

    /** A host that vanished closes no connection; one that was only suspended is not left. */
    private static final int HEARTBEAT_MS = 5_000;

    private static final int HEARTBEAT_TIMEOUT_MS = 30_000;

    /**
     * JeroMQ 0.6.0 now and then connects and then never hears the greeting of the other side (some
     * starts in a hundred, measured against libzmq 4.3). It gives up after this time and connects
     * anew.
     */
    private static final int HANDSHAKE_MS = 1_000;

    private final ZMQ.Socket socket;

    @SuppressWarnings("deprecation") // 0.3.6 has no SocketType
    JeroMq(ZMQ.Context context, EventEndpoint endpoint, int queueLength) {
        socket = context.socket(ZMQ.SUB);
        try {
            configure(endpoint, queueLength);
            call("connect", String.class, endpoint.toString());
        } catch (RuntimeException error) {
            socket.close();
            throw error;
        }
    }

    private void configure(EventEndpoint endpoint, int queueLength) {
        call("setLinger", long.class, 0L);
        call("setRcvHWM", long.class, (long) queueLength);
        call("setReconnectIVL", long.class, RECONNECT_MS);
        call("setReceiveTimeOut", int.class, TURN_MS);
        call("setTCPKeepAlive", int.class, 1);
        if (endpoint.isIpv6()) {
            call("setIPv4Only", boolean.class, false);
        }
        if (has("setHeartbeatIvl", int.class)) {
            call("setHeartbeatIvl", int.class, HEARTBEAT_MS);
            call("setHeartbeatTimeout", int.class, HEARTBEAT_TIMEOUT_MS);
            call("setHandshakeIvl", int.class, HANDSHAKE_MS);
        }
        endpoint.getKeys().ifPresent(this::encrypt);
    }

    private void encrypt(CurveKeys keys) {
        if (!has("setCurveServerKey", byte[].class)) {
            throw new UnsupportedOperationException(
                    "this JeroMQ has no CURVE; put 0.5 or newer on the class path");
        }
        call("setCurveServerKey", byte[].class, ascii(keys.serverKey()));
        call("setCurvePublicKey", byte[].class, ascii(keys.publicKey()));
        call("setCurveSecretKey", byte[].class, ascii(keys.secretKey()));
    }

    void subscribe(byte[] topic) {
        call("subscribe", byte[].class, topic);
    }

    void unsubscribe(byte[] topic) {
        call("unsubscribe", byte[].class, topic);
    }

    /**
     * Waits for a message.
     *
     * @return all its frames; null when none came within {@link #TURN_MS}
     */
    List<byte[]> receive() {
        byte[] frame = socket.recv(0);
        if (frame == null) {
            return null;
        }
        List<byte[]> frames = new ArrayList<>(2);
        frames.add(frame);
        while (socket.hasReceiveMore()) {
            frames.add(socket.recv(0));
        }
        return frames;
    }

    @Override
    public void close() {
        socket.close();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static boolean has(String name, Class<?> type) {
        try {
            ZMQ.Socket.class.getMethod(name, type);
            return true;
        } catch (NoSuchMethodException error) {
            return false;
        }
    }

    private void call(String name, Class<?> type, Object value) {
        try {
            ZMQ.Socket.class.getMethod(name, type).invoke(socket, value);
        } catch (InvocationTargetException error) {
            if (error.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(name + " failed", error.getCause());
        } catch (ReflectiveOperationException error) {
            throw new UnsupportedOperationException(
                    "this JeroMQ lacks " + name + "; put 0.3.6 or newer on the class path", error);
        }
    }
}
