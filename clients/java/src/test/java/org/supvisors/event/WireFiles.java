package org.supvisors.event;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The protocol's own files, shared by the clients of all languages. */
final class WireFiles {
    static final Path WIRE = Path.of(System.getProperty("wire.directory"));
    static final Path VECTORS = WIRE.resolve("vectors");
    static final Path SCHEMA = WIRE.resolve("schema");

    private WireFiles() {}

    static Map<String, Object> read(Path file) {
        try {
            return StrictJson.object(file.toString(), Files.readAllBytes(file));
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        } catch (WireException error) {
            throw new IllegalStateException(error);
        }
    }

    /** Names without ".json" of the files of a folder. */
    static List<String> names(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".json"))
                    .map(name -> name.substring(0, name.length() - ".json".length()))
                    .sorted()
                    .toList();
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    static List<Map<String, Object>> cases(String vectors) {
        return objects(read(VECTORS.resolve(vectors + ".json")).get("cases"));
    }

    static List<byte[]> frames(Object frames) {
        return objects(frames).stream().map(WireFiles::frame).toList();
    }

    private static byte[] frame(Map<String, Object> frame) {
        return frame.containsKey("text")
                ? ((String) frame.get("text")).getBytes(StandardCharsets.UTF_8)
                : Base64.getDecoder().decode((String) frame.get("base64"));
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> object(Object value) {
        return (Map<String, Object>) value;
    }

    @SuppressWarnings("unchecked")
    static List<Map<String, Object>> objects(Object value) {
        return (List<Map<String, Object>>) value;
    }

    /** The same values with every integer as a Long, as a JSON reader gives them. */
    static Object asValue(Object value) {
        if (value instanceof Integer number) {
            return number.longValue();
        }
        if (value instanceof List<?> items) {
            return items.stream().map(WireFiles::asValue).collect(Collectors.toList());
        }
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> members = new HashMap<>();
            map.forEach((key, item) -> members.put(key, asValue(item)));
            return members;
        }
        return value;
    }

    /** As {@link #asValue}, with objects as lists of members, since their order counts. */
    static Object asRead(Object value) {
        if (value instanceof Integer number) {
            return number.longValue();
        }
        if (value instanceof List<?> items) {
            return items.stream().map(WireFiles::asRead).collect(Collectors.toList()); // nulls too
        }
        if (value instanceof Map<?, ?> map) {
            List<List<Object>> members = new ArrayList<>();
            map.forEach((key, item) -> members.add(Arrays.asList(key, asRead(item))));
            return members; // the order of the keys counts
        }
        return value;
    }
}
