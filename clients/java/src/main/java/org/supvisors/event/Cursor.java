package org.supvisors.event;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which process events a client has. Save {@link #encode} and give it back at the next start:
 * nothing is missed, nothing told twice. What is in it is its own business.
 */
public final class Cursor {
    /** The highest number of one life of a supervisord. */
    record Life(String boot, long number) {}

    private final SyncMessage.Position position;
    private final long told;
    private final Map<String, List<Life>> high;

    /**
     * A cursor in a journal.
     *
     * @param position where to go on
     * @param told number up to which the client has everything; what is above the position may not
     *     be safe on disk yet
     * @param high which events it has, by their source
     */
    Cursor(SyncMessage.Position position, long told, Map<String, List<Life>> high) {
        this.position = position;
        this.told = Math.max(told, position.seq());
        Map<String, List<Life>> copy = new LinkedHashMap<>();
        high.forEach((address, lives) -> copy.put(address, List.copyOf(lives)));
        this.high = Collections.unmodifiableMap(copy);
    }

    SyncMessage.Position position() {
        return position;
    }

    /** Not below the number of the position. */
    long told() {
        return told;
    }

    Map<String, List<Life>> high() {
        return high;
    }

    /**
     * {@return the cursor as a text, for a file or a column}
     */
    public String encode() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = StrictJson.FACTORY.createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("journal", position.journal());
            json.writeNumberField("seq", position.seq());
            json.writeObjectFieldStart("high");
            for (Map.Entry<String, List<Life>> entry : high.entrySet()) {
                json.writeArrayFieldStart(entry.getKey());
                for (Life life : entry.getValue()) {
                    json.writeStartArray();
                    json.writeString(life.boot());
                    json.writeNumber(life.number());
                    json.writeEndArray();
                }
                json.writeEndArray();
            }
            json.writeEndObject();
            if (told > position.seq()) {
                json.writeNumberField("told", told);
            }
            json.writeEndObject();
        } catch (IOException error) {
            throw new UncheckedIOException(error); // a StringWriter has none
        }
        return text.toString();
    }

    /**
     * Reads a cursor of this client, or of that of another language.
     *
     * @param text what {@link #encode} gave
     * @return that cursor
     * @throws IllegalArgumentException it is no such text; start without a cursor
     */
    public static Cursor decode(String text) {
        try {
            MetaFields.Refusal refusal =
                    detail ->
                            new WireException(WireException.Reason.BAD_CONTENT, "cursor", detail);
            Object value = StrictJson.value("cursor", text.getBytes(StandardCharsets.UTF_8));
            MetaFields fields = MetaFields.of(value, refusal);
            return new Cursor(
                    new SyncMessage.Position(fields.identity("journal"), fields.number("seq")),
                    fields.has("told") ? fields.number("told") : 0,
                    lives(fields.value("high"), refusal));
        } catch (WireException error) {
            throw new IllegalArgumentException(
                    "not a cursor; start without one: " + error.getMessage(), error);
        }
    }

    private static Map<String, List<Life>> lives(Object value, MetaFields.Refusal refusal)
            throws WireException {
        if (!(value instanceof Map<?, ?> map)) {
            throw refusal.of("high is not an object");
        }
        Map<String, List<Life>> high = new LinkedHashMap<>();
        for (Map.Entry<String, Object> entry : StrictJson.asObject(map).entrySet()) {
            if (!(entry.getValue() instanceof List<?> items)) {
                throw refusal.of("high has no list of lives");
            }
            List<Life> lives = new ArrayList<>();
            for (Object item : items) {
                lives.add(life(item, refusal));
            }
            high.put(entry.getKey(), lives);
        }
        return high;
    }

    private static Life life(Object value, MetaFields.Refusal refusal) throws WireException {
        if (value instanceof List<?> pair
                && pair.size() == 2
                && pair.get(0) instanceof String boot
                && pair.get(1) instanceof Long number
                && number >= 0) {
            return new Life(boot, number);
        }
        throw refusal.of("a life is a boot and a number, not " + value);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Cursor cursor
                && position.equals(cursor.position)
                && told == cursor.told
                && high.equals(cursor.high);
    }

    @Override
    public int hashCode() {
        return position.hashCode();
    }

    /**
     * {@return the same as {@link #encode}}
     */
    @Override
    public String toString() {
        return encode();
    }
}
