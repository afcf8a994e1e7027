package org.supvisors.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.nio.charset.StandardCharsets;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/** The publishing side, which hears of subscriptions. For one thread. */
final class Publisher implements AutoCloseable {
    private static final int PATIENCE_MS = 20_000;

    private final ZContext context = new ZContext();
    private final ZMQ.Socket socket = context.createSocket(SocketType.XPUB);
    private final int port;

    Publisher() {
        this(0, null);
    }

    Publisher(int port) {
        this(port, null);
    }

    Publisher(int port, ZMQ.Curve.KeyPair keys) {
        socket.setLinger(0);
        socket.setSndHWM(0);
        socket.setReceiveTimeOut(PATIENCE_MS);
        socket.setXpubVerbose(true);
        if (keys != null) {
            socket.setCurveServer(true);
            socket.setCurvePublicKey(keys.publicKey.getBytes(StandardCharsets.US_ASCII));
            socket.setCurveSecretKey(keys.secretKey.getBytes(StandardCharsets.US_ASCII));
        }
        if (port == 0) {
            this.port = socket.bindToRandomPort("tcp://127.0.0.1");
        } else {
            this.port = port;
            socket.bind("tcp://127.0.0.1:" + port);
        }
    }

    int port() {
        return port;
    }

    /** Waits for the next subscription, which has to be the one expected. */
    void expectSubscription(String topic) {
        expect("\u0001" + topic);
    }

    void expectUnsubscription(String topic) {
        expect("\u0000" + topic);
    }

    private void expect(String request) {
        assertEquals(request, nextRequest());
    }

    /** The next subscription or unsubscription: 0x01 or 0x00 and the topic. */
    String nextRequest() {
        byte[] got = socket.recv();
        assertNotNull(got, "nobody subscribed");
        return new String(got, StandardCharsets.UTF_8);
    }

    void send(String... frames) {
        for (int i = 0; i < frames.length; i++) {
            socket.send(
                    frames[i].getBytes(StandardCharsets.UTF_8),
                    i + 1 < frames.length ? ZMQ.SNDMORE : 0);
        }
    }

    @Override
    public void close() {
        context.close();
    }
}
