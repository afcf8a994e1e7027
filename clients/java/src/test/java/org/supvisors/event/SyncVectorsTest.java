package org.supvisors.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every vector of dialect 2 gives what it says. */
class SyncVectorsTest {
    private static final Path FOLDER = WireFiles.VECTORS.resolve("dialect2");

    @TestFactory
    Stream<DynamicTest> everyVector() {
        List<String> files = WireFiles.names(FOLDER);
        assertTrue(files.contains("snapshot"));
        return files.stream()
                .map(name -> WireFiles.read(FOLDER.resolve(name + ".json")).get("cases"))
                .flatMap(cases -> WireFiles.objects(cases).stream())
                .map(
                        vector ->
                                DynamicTest.dynamicTest(
                                        (String) vector.get("id"), () -> check(vector)));
    }

    private static void check(Map<String, Object> vector) throws WireException {
        List<byte[]> frames = WireFiles.frames(vector.get("frames"));
        if (!vector.get("valid").equals(true)) {
            WireException error =
                    assertThrows(WireException.class, () -> SyncDecoder.decode(frames));
            assertEquals(vector.get("reason"), error.getReason().getText());
            return;
        }
        Map<String, Object> wanted = WireFiles.object(vector.get("decoded"));
        Map<String, Object> found = found(SyncDecoder.decode(frames));
        for (String key : found.keySet()) {
            assertEquals(WireFiles.asValue(wanted.get(key)), WireFiles.asValue(found.get(key)), key);
        }
        assertEquals(wanted.keySet(), found.keySet());
    }

    private static Map<String, Object> found(SyncMessage message) {
        Map<String, Object> found = new LinkedHashMap<>();
        if (message instanceof SyncMessage.Live live) {
            found.put("kind", "live");
            found.put("header", live.body().getHeader().getText());
            found.put("meta", meta(live.meta()));
            found.put("body", live.body().asMap());
        } else if (message instanceof SyncMessage.Removal removal) {
            found.put("kind", "removed");
            found.put("meta", meta(removal.meta()));
            found.putAll(Told.output(removal.gone()));
        } else if (message instanceof SyncMessage.Beat beat) {
            found.put("kind", "beat");
            found.put("stand", stand(beat.stand()));
        } else if (message instanceof SyncMessage.Snapshot snapshot) {
            found.put("kind", "snapshot");
            found.put("topic", snapshot.topic());
            found.put("stand", stand(snapshot.stand()));
            found.put("statuses", statuses(snapshot.statuses()));
        } else if (message instanceof SyncMessage.Page page) {
            found.put("kind", "page");
            found.put("topic", page.topic());
            found.put("meta", pageMeta(page.meta()));
            found.put("records", page.entries().stream().map(SyncVectorsTest::record).toList());
        }
        return found;
    }

    private static Map<String, Object> meta(SyncMessage.Meta meta) {
        Map<String, Object> found = head(meta.stream());
        found.put("seq", meta.seq());
        found.put("t", meta.timeMs());
        found.put("id", meta.source() == null ? null : Told.source(meta.source()));
        found.put("facts", Told.facts(meta.facts()));
        found.put("record", meta.record());
        return found;
    }

    private static Map<String, Object> head(String stream) {
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("v", 2L);
        found.put("stream", stream);
        return found;
    }

    private static Map<String, Object> stand(SyncMessage.Stand stand) {
        Map<String, Object> found = head(stand.stream());
        found.put("t", stand.timeMs());
        found.put("seqs", stand.seqs());
        found.put("journal", position(stand.journal()));
        return found;
    }

    private static Map<String, Object> pageMeta(SyncMessage.PageMeta meta) {
        Map<String, Object> found = head(meta.stream());
        found.put("t", 1_700_000_000_000L);
        found.put("journal", position(meta.journal()));
        found.put("next", meta.next());
        found.put("live_from", meta.liveFrom());
        found.put("gone", meta.gone());
        return found;
    }

    private static Map<String, Object> position(SyncMessage.Position position) {
        if (position == null) {
            return null;
        }
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("id", position.journal());
        found.put("seq", position.seq());
        return found;
    }

    /** Statuses by header; headers without any are left out. */
    private static Map<String, Object> statuses(List<SyncOutput.Status> statuses) {
        Map<String, Object> found = new LinkedHashMap<>();
        for (EventHeader header : EventHeader.values()) {
            List<Object> bodies =
                    statuses.stream()
                            .filter(status -> status.body().getHeader() == header)
                            .map(SyncVectorsTest::status)
                            .toList();
            if (header != EventHeader.EVENT) {
                found.put(header.getText(), bodies);
            }
        }
        return found;
    }

    private static Object status(SyncOutput.Status status) {
        if (status.body().getHeader() != EventHeader.PROCESS) {
            return status.body().asMap();
        }
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("body", status.body().asMap());
        found.put("facts", Told.facts(status.facts()));
        return found;
    }

    private static Map<String, Object> record(SyncMessage.Entry entry) {
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("seq", entry.event().record());
        found.put("t", entry.event().timeMs());
        found.put("id", Told.source(entry.event().source()));
        found.put("facts", Told.facts(entry.event().facts()));
        found.put("body", entry.event().body().asMap());
        return found;
    }
}
