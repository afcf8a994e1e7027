package org.supvisors.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the client knows is what the schemas and vectors say: no header, key or code more or less. */
class ContractTest {
    /** Schemas that describe no body, and vectors that belong to no header. */
    private static final Set<String> OTHER_SCHEMAS = 
            Set.of("vectors", "vectors2", "dialect2", "transcript");

    private static final Set<String> OTHER_VECTORS = Set.of("message");

    private static Set<String> headers() {
        return Stream.of(EventHeader.values())
                .map(EventHeader::getText)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> others(List<String> names, Set<String> known) {
        Set<String> others = new TreeSet<>(names);
        others.removeAll(known);
        return others;
    }

    private static Map<String, Object> schema(EventHeader header) {
        return WireFiles.read(WireFiles.SCHEMA.resolve(header.getText() + ".json"));
    }

    @Test
    void everySchemaOfABodyHasItsHeader() {
        assertEquals(headers(), others(WireFiles.names(WireFiles.SCHEMA), OTHER_SCHEMAS));
    }

    @Test
    void everyHeaderHasItsVectors() {
        assertEquals(headers(), others(WireFiles.names(WireFiles.VECTORS), OTHER_VECTORS));
    }

    @ParameterizedTest
    @EnumSource
    void keysAreThoseOfTheSchema(EventHeader header) {
        Map<String, Object> schema = schema(header);
        assertEquals(schema.get("required"), header.getKeys());
        assertEquals(
                header.getKeys(),
                List.copyOf(WireFiles.object(schema.get("properties")).keySet()));
    }

    @ParameterizedTest
    @EnumSource
    void someVectorHasEveryKey(EventHeader header) {
        List<Map<String, Object>> valid =
                WireFiles.cases(header.getText()).stream()
                        .filter(vector -> vector.get("valid").equals(true))
                        .toList();
        assertTrue(
                valid.stream()
                        .map(vector -> WireFiles.object(vector.get("decoded")).keySet())
                        .anyMatch(keys -> keys.containsAll(header.getKeys())));
    }

    @Test
    void everyKeyHasAGetter() throws Exception {
        for (EventHeader header : EventHeader.values()) {
            SupvisorsMessage message = anyValid(header);
            for (String key : header.getKeys()) {
                assertEquals(
                        message.asMap().get(key), getter(message, key).invoke(message), key);
            }
        }
    }

    private static SupvisorsMessage anyValid(EventHeader header) throws WireException {
        Map<String, Object> first = WireFiles.cases(header.getText()).get(0);
        return EventDecoder.decode(WireFiles.frames(first.get("frames")));
    }

    private static Method getter(SupvisorsMessage message, String key) {
        String name =
                Arrays.stream(key.split("_"))
                        .map(word -> Character.toUpperCase(word.charAt(0)) + word.substring(1))
                        .collect(Collectors.joining());
        return Arrays.stream(message.getClass().getMethods())
                .filter(method -> Set.of("get" + name, "is" + name).contains(method.getName()))
                .findFirst()
                .orElseThrow(() -> new AssertionError(message.getClass() + " lacks " + key));
    }

    @Test
    void codesAreThoseOfTheSchemas() {
        assertCodes(EventHeader.SUPVISORS, SupvisorsState.values(), SupvisorsState::getCode);
        assertCodes(EventHeader.ADDRESS, AddressState.values(), AddressState::getCode);
        assertCodes(EventHeader.APPLICATION, ApplicationState.values(), ApplicationState::getCode);
        assertCodes(EventHeader.PROCESS, ProcessState.values(), ProcessState::getCode);
    }

    private static <S extends Enum<S>> void assertCodes(
            EventHeader header, S[] states, ToIntFunction<S> code) {
        Map<String, Object> properties = WireFiles.object(schema(header).get("properties"));
        List<Object> codes = new ArrayList<>();
        List<Object> names = new ArrayList<>();
        for (S state : states) {
            codes.add((long) code.applyAsInt(state));
            names.add(state.name());
        }
        assertEquals(WireFiles.object(properties.get("statecode")).get("enum"), codes);
        assertEquals(WireFiles.object(properties.get("statename")).get("enum"), names);
    }

    @Test
    void reasonsAreThoseOfTheVectors() {
        Map<String, Object> schema = WireFiles.read(WireFiles.SCHEMA.resolve("vectors.json"));
        Map<String, Object> definitions = WireFiles.object(schema.get("$defs"));
        Map<String, Object> properties =
                WireFiles.object(WireFiles.object(definitions.get("case")).get("properties"));
        assertEquals(
                WireFiles.object(properties.get("reason")).get("enum"),
                Stream.of(WireException.Reason.values())
                        .map(WireException.Reason::getText)
                        .toList());
    }
}
