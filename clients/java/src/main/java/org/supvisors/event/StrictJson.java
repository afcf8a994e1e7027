package org.supvisors.event;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Bytes to one JSON value, or a {@link WireException}.
 *
 * <p>Jackson refuses most of what JSON forbids. What it would take, and is refused here: bytes that
 * are not UTF-8 (it guesses other encodings), lone surrogates, a key that stands twice, anything
 * after the value.
 */
final class StrictJson {
    /** More digits than any range of the interface has, so its value is not computed. */
    record HugeInteger(String digits) {
        @Override
        public String toString() {
            return digits.length() + " digits";
        }
    }

    /** A number with a fraction or an exponent. No key of the interface takes one. */
    record Decimal(String text) {
        @Override
        public String toString() {
            return text;
        }
    }

    static final JsonFactory FACTORY =
            new JsonFactoryBuilder()
                    // names of strangers are not kept for ever
                    .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                    .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                    // numbers stay text until they are known to be short
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNumberLength(Integer.MAX_VALUE)
                                    .maxStringLength(Integer.MAX_VALUE)
                                    .build())
                    .build();

    private final String header;

    private StrictJson(String header) {
        this.header = header;
    }

    /**
     * Reads one object.
     *
     * @param header named in the exception
     * @return keys in the order of the text; values as of {@link #value(String, byte[])}
     */
    static Map<String, Object> object(String header, byte[] bytes) throws WireException {
        if (value(header, bytes) instanceof Map<?, ?> found) {
            return asObject(found);
        }
        throw new WireException(WireException.Reason.NOT_AN_OBJECT, header, "another JSON value");
    }

    /**
     * Reads one value.
     *
     * @param header named in the exception
     * @return a {@link String}, {@link Long}, {@link HugeInteger}, {@link Decimal}, {@link
     *     Boolean}, {@link List}, {@link Map} or null
     */
    static Object value(String header, byte[] bytes) throws WireException {
        return new StrictJson(header).read(bytes);
    }

    /** A map that was read here; its keys are strings. */
    @SuppressWarnings("unchecked")
    static Map<String, Object> asObject(Map<?, ?> read) {
        return (Map<String, Object>) read;
    }

    private Object read(byte[] bytes) throws WireException {
        String text = utf8(bytes);
        try (JsonParser parser = FACTORY.createParser(text)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                throw refusal(WireException.Reason.BAD_JSON, "nothing");
            }
            Object value = value(parser, first);
            if (parser.nextToken() != null) {
                throw refusal(WireException.Reason.BAD_JSON, "more than one value");
            }
            return value;
        } catch (IOException error) {
            throw refusal(WireException.Reason.BAD_JSON, error.getMessage());
        }
    }

    private String utf8(byte[] bytes) throws WireException {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException error) {
            throw refusal(WireException.Reason.NOT_UTF8, error.getMessage());
        }
    }

    private Object value(JsonParser parser, JsonToken token) throws IOException, WireException {
        return switch (token) {
            case START_OBJECT -> members(parser);
            case START_ARRAY -> items(parser);
            case VALUE_STRING -> wellFormed(parser.getText());
            case VALUE_NUMBER_INT -> integer(parser.getText());
            case VALUE_NUMBER_FLOAT -> new Decimal(parser.getText());
            case VALUE_TRUE -> Boolean.TRUE;
            case VALUE_FALSE -> Boolean.FALSE;
            case VALUE_NULL -> null;
            default -> throw new AssertionError("no value begins with " + token);
        };
    }

    private Map<String, Object> members(JsonParser parser) throws IOException, WireException {
        Map<String, Object> members = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = wellFormed(parser.currentName());
            if (members.containsKey(key)) {
                throw refusal(WireException.Reason.DUPLICATE_KEY, key);
            }
            members.put(key, value(parser, parser.nextToken()));
        }
        return members;
    }

    private List<Object> items(JsonParser parser) throws IOException, WireException {
        List<Object> items = new ArrayList<>();
        for (JsonToken token = parser.nextToken();
                token != JsonToken.END_ARRAY;
                token = parser.nextToken()) {
            items.add(value(parser, token));
        }
        return items;
    }

    private static Object integer(String text) {
        // 18 characters, with or without a sign, always fit into a long
        return text.length() <= 18 ? (Object) Long.valueOf(text) : new HugeInteger(text);
    }

    private String wellFormed(String text) throws WireException {
        for (int i = 0; i < text.length(); i++) {
            char unit = text.charAt(i);
            if (!Character.isSurrogate(unit)) {
                continue;
            }
            boolean isPair =
                    Character.isHighSurrogate(unit)
                            && i + 1 < text.length()
                            && Character.isLowSurrogate(text.charAt(i + 1));
            if (!isPair) {
                throw refusal(WireException.Reason.BAD_JSON, "half of a surrogate pair");
            }
            i++;
        }
        return text;
    }

    private WireException refusal(WireException.Reason reason, String detail) {
        return new WireException(reason, header, detail);
    }
}
