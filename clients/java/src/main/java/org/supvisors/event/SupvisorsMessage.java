package org.supvisors.event;

import java.util.Map;

/**
 * The body of one message of the event interface.
 *
 * <p>Values are immutable. There is one subclass for each header, with a getter for each key of
 * the body. Two messages are equal when they have the same header and the same values.
 */
public abstract sealed class SupvisorsMessage
        permits SupvisorsStatus,
                SupvisorsAddressInfo,
                SupvisorsApplicationInfo,
                SupvisorsProcessInfo,
                SupvisorsProcessEvent {

    SupvisorsMessage() {}

    /**
     * {@return the header under which this is published}
     */
    public abstract EventHeader getHeader();

    /**
     * Returns the body as it is written on the wire: the keys, in their order, with plain values.
     *
     * @return an unmodifiable map; its values are {@link String}, {@link Integer}, {@link Long},
     *     {@link Boolean}, or a list of strings
     */
    public abstract Map<String, Object> asMap();

    /** Calls the method of the listener that is meant for this kind of message. */
    abstract void deliverTo(SupvisorsEventListener listener);

    @Override
    public final boolean equals(Object other) {
        return other instanceof SupvisorsMessage message
                && getHeader() == message.getHeader()
                && asMap().equals(message.asMap());
    }

    @Override
    public final int hashCode() {
        return asMap().hashCode();
    }

    /**
     * {@return the name of the class, and keys with their values}
     */
    @Override
    public final String toString() {
        return getClass().getSimpleName() + asMap();
    }
}
