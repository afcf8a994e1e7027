package org.supvisors.event;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.ToIntFunction;

/**
 * The values of one JSON body, each taken out with the type and the range that it must have. What
 * does not fit is a {@link WireException} with the reason that wire/README.md gives it.
 */
final class Fields {
    /** Times and numbers end where JSON readers cease to agree: above 2^53-1 some of them round. */
    static final long NUMBER_MAX = (1L << 53) - 1;

    private final EventHeader header;
    private final Map<String, Object> values;

    /** Takes values as {@link StrictJson} gives them: all keys of the header, and no others. */
    Fields(EventHeader header, Map<String, Object> values) throws WireException {
        this.header = header;
        this.values = values;
        for (String key : header.getKeys()) {
            if (!values.containsKey(key)) {
                throw refusal(WireException.Reason.MISSING_KEY, key);
            }
        }
        if (values.size() > header.getKeys().size()) {
            TreeSet<String> extra = new TreeSet<>(values.keySet());
            header.getKeys().forEach(extra::remove);
            throw refusal(WireException.Reason.EXTRA_KEY, extra.toString());
        }
    }

    String text(String key) throws WireException {
        if (values.get(key) instanceof String text) {
            return text;
        }
        throw wrongType(key, "a string");
    }

    boolean flag(String key) throws WireException {
        if (values.get(key) instanceof Boolean flag) {
            return flag;
        }
        throw wrongType(key, "a boolean");
    }

    List<String> texts(String key) throws WireException {
        if (!(values.get(key) instanceof List<?> items)) {
            throw wrongType(key, "a list of strings");
        }
        List<String> texts = new ArrayList<>();
        for (Object item : items) {
            if (!(item instanceof String text)) {
                throw wrongType(key, "a list of strings");
            }
            texts.add(text);
        }
        return List.copyOf(texts);
    }

    long time(String key) throws WireException {
        return integer(key, NUMBER_MAX);
    }

    /** An integer in [0;max]. */
    long integer(String key, long max) throws WireException {
        Object value = values.get(key);
        if (value instanceof Long number && number >= 0 && number <= max) {
            return number;
        }
        if (value instanceof Long || value instanceof StrictJson.HugeInteger) {
            throw refusal(
                    WireException.Reason.OUT_OF_RANGE, key + " is not in [0;" + max + "]: " + value);
        }
        throw wrongType(key, "an integer");
    }

    /** The state that has the code written under a key. */
    <S> S state(String key, S[] states, ToIntFunction<S> code) throws WireException {
        Object value = values.get(key);
        if (!(value instanceof Long || value instanceof StrictJson.HugeInteger)) {
            throw wrongType(key, "an integer");
        }
        for (S state : states) {
            if (value.equals((long) code.applyAsInt(state))) {
                return state;
            }
        }
        throw refusal(WireException.Reason.UNKNOWN_CODE, key + " " + value);
    }

    void checkName(String key, Enum<?> state) throws WireException {
        if (!text(key).equals(state.name())) {
            throw contradiction(key + " is not " + state.name() + ": " + text(key));
        }
    }

    void checkExit(String key, boolean isExpected, ProcessState state) throws WireException {
        if (!isExpected && state != ProcessState.EXITED) {
            throw contradiction(key + " is false in state " + state);
        }
    }

    void checkPid(String key, int pid, ProcessState state) throws WireException {
        if (pid != 0 && !state.hasPid()) {
            throw contradiction(key + " is " + pid + " in state " + state);
        }
    }

    private WireException contradiction(String detail) {
        return refusal(WireException.Reason.CONTRADICTION, detail);
    }

    private WireException wrongType(String key, String wanted) {
        return refusal(
                WireException.Reason.WRONG_TYPE,
                key + " is not " + wanted + ": " + values.get(key));
    }

    private WireException refusal(WireException.Reason reason, String detail) {
        return new WireException(reason, header.getText(), detail);
    }
}
