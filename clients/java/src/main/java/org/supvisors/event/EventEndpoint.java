package org.supvisors.event;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where events are published. Immutable.
 *
 * <p>Agents publish on 127.0.0.1 in the clear, and elsewhere, where they are told to, with CURVE
 * only.
 */
public final class EventEndpoint {
    /** Where the local agent publishes. */
    public static final String LOCALHOST = "127.0.0.1";

    private static final int PORT_MAX = 65535;
    private static final Pattern HOST = Pattern.compile("[\\w.:%-]+");

    private final String host;
    private final int port;
    private final CurveKeys keys;

    private EventEndpoint(String host, int port, CurveKeys keys) {
        this.host = host;
        this.port = port;
        this.keys = keys;
    }

    /**
     * The event port of the local agent.
     *
     * @param port the option {@code event_port} of the agent
     * @return that endpoint
     * @throws IllegalArgumentException {@code port} is not in [1;65535]
     */
    public static EventEndpoint local(int port) {
        return of(LOCALHOST, port);
    }

    /**
     * The event port of any agent.
     *
     * @param host a name, an IPv4 or an IPv6 address
     * @param port the option {@code event_port} of the agent
     * @return that endpoint
     * @throws IllegalArgumentException {@code host} is no host, or {@code port} not in [1;65535]
     */
    public static EventEndpoint of(String host, int port) {
        if (!HOST.matcher(host).matches()) {
            throw new IllegalArgumentException("host must be a name or an address, not " + host);
        }
        if (port < 1 || port > PORT_MAX) {
            throw new IllegalArgumentException("port must be in [1;" + PORT_MAX + "], not " + port);
        }
        return new EventEndpoint(host, port, null);
    }

    /**
     * The same place, reached with CURVE. Needs JeroMQ 0.5 or newer.
     *
     * @param curveKeys the keys of both sides
     * @return that endpoint
     */
    public EventEndpoint withCurve(CurveKeys curveKeys) {
        return new EventEndpoint(host, port, curveKeys);
    }

    /**
     * {@return the keys, when the connection is encrypted}
     */
    public Optional<CurveKeys> getKeys() {
        return Optional.ofNullable(keys);
    }

    /**
     * {@return the address as ZeroMQ writes it}
     */
    @Override
    public String toString() {
        return "tcp://" + (isIpv6() ? "[" + host + "]" : host) + ":" + port;
    }

    boolean isIpv6() {
        return host.contains(":");
    }
}
