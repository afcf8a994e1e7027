package org.supvisors.event.examples;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.supvisors.event.SupvisorsMessage;

/** Writes a message as {@code supvisors events --json} does. */
final class JsonLine {
    private final StringBuilder line = new StringBuilder();

    private JsonLine() {}

    /** One line, without its end. */
    static String of(SupvisorsMessage message) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("header", message.getHeader().getText());
        object.put("body", message.asMap());
        return of(object);
    }

    /** The text of any value made of maps, lists, strings, numbers, booleans and null. */
    static String of(Object value) {
        JsonLine json = new JsonLine();
        json.write(value);
        return json.line.toString();
    }

    private void write(Object value) {
        if (value instanceof Map<?, ?> object) {
            writeObject(object);
        } else if (value instanceof List<?> items) {
            writeList(items);
        } else if (value instanceof String text) {
            writeText(text);
        } else {
            line.append(value); // numbers, booleans and null read in Java as in JSON
        }
    }

    private void writeObject(Map<?, ?> object) {
        String separator = "{";
        for (Map.Entry<?, ?> member : object.entrySet()) {
            line.append(separator);
            writeText((String) member.getKey());
            line.append(": ");
            write(member.getValue());
            separator = ", ";
        }
        line.append(object.isEmpty() ? "{}" : "}");
    }

    private void writeList(List<?> items) {
        String separator = "[";
        for (Object item : items) {
            line.append(separator);
            write(item);
            separator = ", ";
        }
        line.append(items.isEmpty() ? "[]" : "]");
    }

    private void writeText(String text) {
        line.append('"');
        text.chars().forEach(unit -> writeUnit((char) unit));
        line.append('"');
    }

    private void writeUnit(char unit) {
        switch (unit) {
            case '"' -> line.append("\\\"");
            case '\\' -> line.append("\\\\");
            case '\b' -> line.append("\\b");
            case '\f' -> line.append("\\f");
            case '\n' -> line.append("\\n");
            case '\r' -> line.append("\\r");
            case '\t' -> line.append("\\t");
            default -> {
                if (unit < ' ') {
                    line.append(String.format("\\u%04x", (int) unit));
                } else {
                    line.append(unit);
                }
            }
        }
    }
}
