package org.supvisors.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The synchroniser does in every transcript what it says. */
class TranscriptsTest {
    private static final Path FOLDER = WireFiles.VECTORS.resolve("sync");
    private static final Set<String> STEP_KEYS =
            Set.of("at", "comment", "in", "out", "deadline", "cursor", "refused", "mirror");

    @TestFactory
    Stream<DynamicTest> everyTranscript() {
        List<String> names = WireFiles.names(FOLDER);
        assertTrue(names.contains("join"));
        return names.stream()
                .map(
                        name ->
                                DynamicTest.dynamicTest(
                                        name,
                                        () -> check(WireFiles.read(FOLDER.resolve(name + ".json")))));
    }

    private static void check(Map<String, Object> transcript) throws WireException {
        Object cursor = transcript.get("cursor");
        List<?> wanted = (List<?>) transcript.get("headers");
        Synchroniser machine =
                new Synchroniser(
                        (String) transcript.get("client"),
                        Stream.of(EventHeader.values())
                                .filter(header -> wanted.contains(header.getText()))
                                .toList(),
                        new SupvisorsCluster(),
                        cursor == null ? null : Cursor.decode(text(cursor)),
                        (Long) transcript.get("since_ms"));
        boolean isStarted = false;
        for (Map<String, Object> step : WireFiles.objects(transcript.get("steps"))) {
            assertTrue(STEP_KEYS.containsAll(step.keySet()), step.keySet().toString());
            step(machine, step, isStarted);
            isStarted = true;
        }
    }

    private static void step(Synchroniser machine, Map<String, Object> step, boolean isStarted)
            throws WireException {
        String comment = (String) step.get("comment");
        double at = seconds(step.get("at"));
        List<SyncOutput> outputs = new ArrayList<>();
        long refused = 0;
        List<?> messages = (List<?>) step.get("in");
        if (!isStarted) {
            outputs.addAll(machine.start(at));
        }
        for (Object message : messages) {
            List<byte[]> frames =
                    WireFiles.objects(message).stream().map(TranscriptsTest::frame).toList();
            try {
                outputs.addAll(machine.receive(at, frames));
            } catch (WireException error) {
                refused++;
            }
        }
        outputs.addAll(machine.wake(at));
        assertEquals(
                WireFiles.asRead(step.get("out")),
                WireFiles.asRead(outputs.stream().map(Told::output).toList()),
                comment);
        if (step.containsKey("deadline")) {
            double deadline = machine.deadlineS();
            Object wanted = step.get("deadline");
            assertEquals(
                    wanted == null ? Double.POSITIVE_INFINITY : seconds(wanted),
                    deadline,
                    1e-9,
                    comment);
        }
        if (step.containsKey("cursor")) {
            Object wanted = step.get("cursor");
            Cursor cursor = machine.cursor();
            assertEquals(
                    wanted == null ? null : Cursor.decode(text(wanted)), cursor, comment);
            assertEquals(
                    WireFiles.asValue(wanted),
                    cursor == null ? null : WireFiles.asValue(value(cursor.encode())),
                    comment);
        }
        if (step.containsKey("refused")) {
            assertEquals(step.get("refused"), refused, comment);
        }
        if (step.containsKey("mirror")) {
            assertEquals(
                    WireFiles.asRead(step.get("mirror")),
                    WireFiles.asRead(mirror(machine.cluster())),
                    comment);
        }
    }

    private static Map<String, Object> mirror(SupvisorsCluster cluster) {
        Map<String, Object> mirror = new LinkedHashMap<>();
        mirror.put(
                "supvisors", cluster.getSupvisors().map(SupvisorsStatus::asMap).orElse(null));
        mirror.put(
                "address",
                cluster.getAddresses().stream()
                        .sorted(Comparator.comparing(SupvisorsAddressInfo::getAddressName))
                        .map(SupvisorsMessage::asMap)
                        .toList());
        mirror.put(
                "application",
                cluster.getApplications().stream()
                        .sorted(Comparator.comparing(SupvisorsApplicationInfo::getApplicationName))
                        .map(SupvisorsMessage::asMap)
                        .toList());
        mirror.put(
                "process",
                cluster.getProcesses().stream()
                        .sorted(Comparator.comparing(TranscriptsTest::namespec))
                        .map(info -> process(cluster, info))
                        .toList());
        return mirror;
    }

    private static String namespec(SupvisorsProcessInfo info) {
        return info.getApplicationName() + ":" + info.getProcessName();
    }

    private static Map<String, Object> process(SupvisorsCluster cluster, SupvisorsProcessInfo info) {
        Map<String, Object> process = new LinkedHashMap<>();
        process.put("body", info.asMap());
        process.put(
                "facts", cluster.getFacts(namespec(info)).map(Told::facts).orElse(null));
        return process;
    }

    private static double seconds(Object number) {
        return Double.parseDouble(number.toString());
    }

    private static byte[] frame(Map<String, Object> frame) {
        String text =
                frame.containsKey("text") ? (String) frame.get("text") : text(frame.get("json"));
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(Object value) {
        return Told.json(value);
    }

    private static Object value(String text) throws WireException {
        return StrictJson.value("cursor", text.getBytes(StandardCharsets.UTF_8));
    }
}
