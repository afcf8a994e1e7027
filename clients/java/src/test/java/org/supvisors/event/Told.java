package org.supvisors.event;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Outputs of the synchroniser as transcripts write them. */
final class Told {
    private Told() {}

    static Map<String, Object> output(SyncOutput output) {
        Map<String, Object> told = new LinkedHashMap<>();
        if (output instanceof SyncOutput.Subscribe request) {
            told.put("subscribe", request.topic());
        } else if (output instanceof SyncOutput.Unsubscribe request) {
            told.put("unsubscribe", request.topic());
        } else if (output instanceof SyncOutput.Joined) {
            told.put("joined", true);
        } else if (output instanceof SyncOutput.Status status) {
            told.put("status", status.body().getHeader().getText());
            told.put("body", status.body().asMap());
            told.put("facts", facts(status.facts()));
            told.put("t", status.timeMs());
        } else if (output instanceof SyncOutput.Event event) {
            told.put("event", event.body().asMap());
            told.put("id", source(event.source()));
            told.put("facts", facts(event.facts()));
            told.put("t", event.timeMs());
        } else if (output instanceof SyncOutput.Removed gone) {
            Map<String, Object> names = new LinkedHashMap<>();
            names.put("application", gone.application());
            names.put("process", gone.process());
            told.put("removed", names);
        } else if (output instanceof Gap gap) {
            told.put("gap", List.of(gap.header(), gap.first(), gap.last()));
        }
        return told;
    }

    static List<Object> source(EventSource source) {
        return Arrays.asList(source.address(), source.boot(), source.number());
    }

    static Map<String, Object> facts(ProcessFacts facts) {
        if (facts == null) {
            return null;
        }
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("exit_code", facts.exitCode());
        told.put("signal", facts.signal());
        told.put("run_time_ms", facts.runTimeMs());
        told.put("spawn_error", facts.spawnError());
        told.put("restarts", facts.restarts());
        told.put("reason", facts.reason());
        return told;
    }

    /** The text of a value that {@link StrictJson} read. */
    static String json(Object value) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = StrictJson.FACTORY.createGenerator(text)) {
            write(json, value);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        return text.toString();
    }

    private static void write(JsonGenerator json, Object value) throws IOException {
        if (value instanceof Map<?, ?> map) {
            json.writeStartObject();
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                json.writeFieldName((String) entry.getKey());
                write(json, entry.getValue());
            }
            json.writeEndObject();
        } else if (value instanceof List<?> items) {
            json.writeStartArray();
            for (Object item : items) {
                write(json, item);
            }
            json.writeEndArray();
        } else if (value instanceof String text) {
            json.writeString(text);
        } else if (value == null) {
            json.writeNull();
        } else {
            json.writeRawValue(value.toString()); // numbers and booleans
        }
    }
}
