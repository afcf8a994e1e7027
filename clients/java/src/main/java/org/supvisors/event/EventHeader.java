package org.supvisors.event;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a message can be about: the table of the event interface. A new header is one row here and
 * one subclass of {@link SupvisorsMessage}.
 */
public enum EventHeader {
    /** The state of the whole system: {@link SupvisorsStatus}. */
    SUPVISORS("supvisors", SupvisorsStatus::new, "statecode", "statename"),
    /** The state of an address: {@link SupvisorsAddressInfo}. */
    ADDRESS(
            "address",
            SupvisorsAddressInfo::new,
            "address_name",
            "statecode",
            "statename",
            "remote_time",
            "local_time",
            "loading"),
    /** The state of an application: {@link SupvisorsApplicationInfo}. */
    APPLICATION(
            "application",
            SupvisorsApplicationInfo::new,
            "application_name",
            "statecode",
            "statename",
            "major_failure",
            "minor_failure"),
    /** The state of a process over all addresses: {@link SupvisorsProcessInfo}. */
    PROCESS(
            "process",
            SupvisorsProcessInfo::new,
            "application_name",
            "process_name",
            "statecode",
            "statename",
            "expected_exit",
            "last_event_time",
            "addresses"),
    /** A process changed its state on one address: {@link SupvisorsProcessEvent}. */
    EVENT(
            "event",
            SupvisorsProcessEvent::new,
            "group",
            "name",
            "state",
            "expected",
            "now",
            "pid",
            "address");

    /** Makes a body of its fields. */
    @FunctionalInterface
    interface Form {
        SupvisorsMessage of(Fields fields) throws WireException;
    }

    private final String text;
    private final Form form;
    private final List<String> keys;

    EventHeader(String text, Form form, String... keys) {
        this.text = text;
        this.form = form;
        this.keys = List.of(keys);
    }

    /**
     * {@return the header as it is written on the wire}
     */
    public String getText() {
        return text;
    }

    /**
     * {@return the keys of the body, in the order in which they are written; unmodifiable}
     */
    public List<String> getKeys() {
        return keys;
    }

    /** The subscription that gives messages with this header. */
    byte[] topic() {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The message that fields stand for. */
    SupvisorsMessage message(Map<String, Object> values) throws WireException {
        return form.of(new Fields(this, values));
    }

    /** The keys joined with their values, which come in the same order. */
    Map<String, Object> body(Object... values) {
        Map<String, Object> body = new LinkedHashMap<>();
        for (int i = 0; i < values.length; i++) {
            body.put(keys.get(i), values[i]);
        }
        return Collections.unmodifiableMap(body);
    }
}
