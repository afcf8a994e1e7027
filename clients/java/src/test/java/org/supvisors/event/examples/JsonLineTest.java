package org.supvisors.event.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.supvisors.event.EventDecoder;
import org.supvisors.event.WireException;

/** Lines are written as Python writes them. */
class JsonLineTest {
    @Test
    void aMessageIsHeaderAndBody() throws WireException {
        assertEquals(
                "{\"header\": \"supvisors\", "
                        + "\"body\": {\"statecode\": 2, \"statename\": \"OPERATION\"}}",
                JsonLine.of(
                        EventDecoder.decode(
                                "supvisors", "{\"statename\":\"OPERATION\",\"statecode\":2}")));
    }

    @Test
    void onlyWhatMustBeIsEscaped() {
        assertEquals(
                "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\u007f\u00e9\u2028\ud83d\ude00\"",
                JsonLine.of("\"\\/\b\f\n\r\t\u0000\u001f\u007f\u00e9\u2028\ud83d\ude00"));
    }

    @Test
    void valuesOfAllTypes() {
        assertEquals(
                "[1, true, null, [], {}]",
                JsonLine.of(Arrays.asList(1L, true, null, List.of(), Map.of())));
    }
}
