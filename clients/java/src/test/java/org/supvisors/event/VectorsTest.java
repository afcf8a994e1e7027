package org.supvisors.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every vector of dialect 1 gives what it says. */
class VectorsTest {
    @TestFactory
    Stream<DynamicTest> everyVector() {
        return WireFiles.names(WireFiles.VECTORS).stream()
                .flatMap(file -> WireFiles.cases(file).stream())
                .map(
                        vector ->
                                DynamicTest.dynamicTest(
                                        (String) vector.get("id"), () -> check(vector)));
    }

    private static void check(Map<String, Object> vector) throws WireException {
        List<byte[]> frames = WireFiles.frames(vector.get("frames"));
        if (vector.get("valid").equals(true)) {
            SupvisorsMessage message = EventDecoder.decode(frames);
            assertEquals(
                    WireFiles.asRead(vector.get("decoded")), WireFiles.asRead(message.asMap()));
        } else {
            WireException error =
                    assertThrows(WireException.class, () -> EventDecoder.decode(frames));
            assertEquals(vector.get("reason"), error.getReason().getText());
        }
    }
}
