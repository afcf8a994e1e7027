package org.supvisors.event;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The values of one JSON object of dialect 2 outside the bodies: keys that are not known are
 * ignored, so that more can be added.
 */
final class MetaFields {
    private static final long VERSION = 2;
    private static final Pattern IDENTITY = Pattern.compile(Topics.CLIENT);

    /** What makes the exception of a frame, from what is wrong. */
    @FunctionalInterface
    interface Refusal {
        WireException of(String detail);
    }

    private final Map<String, Object> values;
    private final Refusal refusal;

    private MetaFields(Map<String, Object> values, Refusal refusal) {
        this.values = values;
        this.refusal = refusal;
    }

    /** The object that a value of JSON has to be. */
    static MetaFields of(Object value, Refusal refusal) throws WireException {
        if (value instanceof Map<?, ?> map) {
            return new MetaFields(StrictJson.asObject(map), refusal);
        }
        throw refusal.of("not an object: " + value);
    }

    void checkVersion() throws WireException {
        if (number("v") != VERSION) {
            throw refusal.of("v is " + values.get("v") + ", and known is " + VERSION);
        }
    }

    boolean has(String key) {
        return values.get(key) != null;
    }

    Object value(String key) throws WireException {
        if (!values.containsKey(key)) {
            throw refusal.of(key + " is missing");
        }
        return values.get(key);
    }

    long number(String key) throws WireException {
        return asNumber(key, value(key));
    }

    Long numberOrNull(String key) throws WireException {
        return has(key) ? (Long) number(key) : null;
    }

    private long asNumber(String key, Object value) throws WireException {
        if (value instanceof Long number && number >= 0 && number <= Fields.NUMBER_MAX) {
            return number;
        }
        throw refusal.of(key + " is no number in [0;2^53-1]: " + value);
    }

    private Integer codeOrNull(String key) throws WireException {
        if (!has(key)) {
            return null;
        }
        if (values.get(key) instanceof Long code && code.intValue() == code) {
            return code.intValue();
        }
        throw refusal.of(key + " is no code: " + values.get(key));
    }

    String text(String key) throws WireException {
        if (value(key) instanceof String text) {
            return text;
        }
        throw refusal.of(key + " is not a string: " + values.get(key));
    }

    String identity(String key) throws WireException {
        if (!IDENTITY.matcher(text(key)).matches()) {
            throw refusal.of(key + " is no identity: " + values.get(key));
        }
        return text(key);
    }

    MetaFields object(String key) throws WireException {
        return of(value(key), detail -> refusal.of(key + ": " + detail));
    }

    /** A list that may be missing. */
    List<?> items(String key) throws WireException {
        if (!values.containsKey(key)) {
            return List.of();
        }
        if (values.get(key) instanceof List<?> items) {
            return items;
        }
        throw refusal.of(key + " is not a list: " + values.get(key));
    }

    SyncMessage.Position positionOrNull(String key) throws WireException {
        if (!has(key)) {
            return null;
        }
        MetaFields position = object(key);
        return new SyncMessage.Position(position.identity("id"), position.number("seq"));
    }

    EventSource source(String key) throws WireException {
        if (value(key) instanceof List<?> items
                && items.size() == 3
                && items.get(0) instanceof String address
                && items.get(1) instanceof String boot) {
            return new EventSource(address, boot, asNumber(key, items.get(2)));
        }
        throw refusal.of(key + " is not an address, a boot and a number: " + values.get(key));
    }

    Map<String, Long> seqs(String key) throws WireException {
        MetaFields seqs = object(key);
        Map<String, Long> found = new HashMap<>();
        for (String name : seqs.values.keySet()) {
            found.put(name, seqs.number(name));
        }
        for (String name : Topics.SEQUENCED) {
            seqs.value(name); // has to be there
        }
        return Map.copyOf(found);
    }

    ProcessFacts factsOrNull(String key) throws WireException {
        if (!has(key)) {
            return null;
        }
        MetaFields facts = object(key);
        return new ProcessFacts(
                facts.codeOrNull("exit_code"),
                facts.codeOrNull("signal"),
                facts.numberOrNull("run_time_ms"),
                facts.values.containsKey("spawn_error") ? facts.text("spawn_error") : "",
                facts.values.containsKey("restarts") ? facts.number("restarts") : 0,
                facts.values.containsKey("reason") ? facts.text("reason") : "");
    }
}
