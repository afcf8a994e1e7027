package org.supvisors.event;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Frames of dialect 2 to values. Pure and total, as {@link EventDecoder} is for dialect 1. */
final class SyncDecoder {
    private static final int PAGE_RECORDS_MAX = 1_000;

    private final String name;
    private final List<byte[]> frames;

    private SyncDecoder(List<byte[]> frames) {
        this.frames = frames;
        name = frames.isEmpty() ? "" : new String(frames.get(0), StandardCharsets.UTF_8);
    }

    static SyncMessage decode(List<byte[]> frames) throws WireException {
        return new SyncDecoder(frames).message();
    }

    private SyncMessage message() throws WireException {
        String topic = frames.isEmpty() ? "" : Topics.read(frames.get(0));
        for (EventHeader header : EventHeader.values()) {
            if (topic.equals(Topics.live(header))) {
                return live(header);
            }
        }
        if (topic.equals(Topics.REMOVED)) {
            checkCount(3);
            return new SyncMessage.Removal(meta(), removed());
        }
        if (topic.equals(Topics.BEAT)) {
            checkCount(2);
            return new SyncMessage.Beat(stand());
        }
        if (Topics.isSnapshot(topic)) {
            checkCount(3);
            return new SyncMessage.Snapshot(topic, stand(), statuses());
        }
        if (Topics.isReplay(topic)) {
            checkCount(3);
            return new SyncMessage.Page(topic, pageMeta(), entries());
        }
        throw new WireException(
                WireException.Reason.UNKNOWN_HEADER, name, "no topic of dialect 2");
    }

    private void checkCount(int count) throws WireException {
        if (frames.size() != count) {
            throw new WireException(
                    WireException.Reason.FRAME_COUNT,
                    name,
                    frames.size() + " frames, not " + count);
        }
    }

    private WireException badMeta(String detail) {
        return new WireException(WireException.Reason.BAD_META, name, detail);
    }

    private WireException badContent(String detail) {
        return new WireException(WireException.Reason.BAD_CONTENT, name, detail);
    }

    /** The JSON value of a frame; what is wrong with it is told in the words of the frame. */
    private Object read(int index, MetaFields.Refusal refusal) throws WireException {
        try {
            return StrictJson.value(name, frames.get(index));
        } catch (WireException error) {
            throw refusal.of(error.getMessage());
        }
    }

    private MetaFields second() throws WireException {
        MetaFields fields = MetaFields.of(read(1, this::badMeta), this::badMeta);
        fields.checkVersion();
        return fields;
    }

    private SyncMessage live(EventHeader header) throws WireException {
        checkCount(3);
        SyncMessage.Meta meta = meta();
        if ((header == EventHeader.EVENT) != (meta.source() != null)) {
            throw badMeta("an id belongs to event, and to it alone");
        }
        return new SyncMessage.Live(
                meta, EventDecoder.decodeBody(header.getText(), frames.get(2)));
    }

    private SyncMessage.Meta meta() throws WireException {
        MetaFields fields = second();
        if (fields.number("seq") == 0) {
            throw badMeta("seq is 0: numbers begin with 1");
        }
        return new SyncMessage.Meta(
                fields.identity("stream"),
                fields.number("seq"),
                fields.number("t"),
                fields.has("id") ? fields.source("id") : null,
                fields.factsOrNull("facts"),
                fields.numberOrNull("record"));
    }

    private SyncMessage.Stand stand() throws WireException {
        MetaFields fields = second();
        return new SyncMessage.Stand(
                fields.identity("stream"),
                fields.number("t"),
                fields.seqs("seqs"),
                fields.positionOrNull("journal"));
    }

    private SyncMessage.PageMeta pageMeta() throws WireException {
        MetaFields fields = second();
        fields.number("t");
        SyncMessage.PageMeta meta =
                new SyncMessage.PageMeta(
                        fields.identity("stream"),
                        fields.positionOrNull("journal"),
                        fields.numberOrNull("next"),
                        fields.numberOrNull("live_from"),
                        fields.numberOrNull("gone"));
        int ends = 0;
        for (String end : List.of("next", "live_from", "gone")) {
            ends += fields.has(end) ? 1 : 0;
        }
        if (ends != 1) {
            throw badMeta("a page has one of next, live_from and gone");
        }
        if (meta.journal() == null && meta.gone() == null) {
            throw badMeta("records without a journal");
        }
        return meta;
    }

    private SyncOutput.Removed removed() throws WireException {
        MetaFields fields = MetaFields.of(read(2, this::badContent), this::badContent);
        String process = fields.has("process") ? fields.text("process") : "";
        return new SyncOutput.Removed(fields.text("application"), process);
    }

    private List<SyncOutput.Status> statuses() throws WireException {
        MetaFields lists = MetaFields.of(read(2, this::badContent), this::badContent);
        long timeMs = stand().timeMs();
        List<SyncOutput.Status> statuses = new ArrayList<>();
        for (EventHeader header : EventHeader.values()) {
            if (header == EventHeader.EVENT) {
                continue;
            }
            for (Object item : lists.items(header.getText())) {
                statuses.add(status(header, item, timeMs));
            }
        }
        return List.copyOf(statuses);
    }

    private SyncOutput.Status status(EventHeader header, Object item, long timeMs)
            throws WireException {
        if (header != EventHeader.PROCESS) {
            return new SyncOutput.Status(body(header, item), null, timeMs);
        }
        MetaFields fields = MetaFields.of(item, this::badContent);
        fields.value("facts"); // has to be there
        return new SyncOutput.Status(
                body(header, fields.value("body")), fields.factsOrNull("facts"), timeMs);
    }

    private List<SyncMessage.Entry> entries() throws WireException {
        if (!(read(2, this::badContent) instanceof List<?> items)) {
            throw badContent("not a list");
        }
        if (items.size() > PAGE_RECORDS_MAX) {
            throw badContent(items.size() + " records");
        }
        List<SyncMessage.Entry> entries = new ArrayList<>();
        for (Object item : items) {
            entries.add(entry(MetaFields.of(item, this::badContent)));
        }
        return List.copyOf(entries);
    }

    private SyncMessage.Entry entry(MetaFields fields) throws WireException {
        fields.value("facts"); // has to be there
        long seq = fields.number("seq");
        return new SyncMessage.Entry(
                seq,
                new SyncOutput.Event(
                        (SupvisorsProcessEvent) body(EventHeader.EVENT, fields.value("body")),
                        fields.source("id"),
                        fields.factsOrNull("facts"),
                        fields.number("t"),
                        seq));
    }

    private SupvisorsMessage body(EventHeader header, Object value) throws WireException {
        if (!(value instanceof Map<?, ?> map)) {
            throw badContent("no body of " + header.getText() + ": " + value);
        }
        try {
            return header.message(StrictJson.asObject(map));
        } catch (WireException error) {
            throw badContent(error.getMessage());
        }
    }
}
