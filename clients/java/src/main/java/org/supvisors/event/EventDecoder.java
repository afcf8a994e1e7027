package org.supvisors.event;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Frames of dialect 1 of the event interface to values. Pure: no socket, no thread, no state.
 *
 * <p>Total: whatever bytes come, the answer is a message or a {@link WireException}.
 */
public final class EventDecoder {
    private static final Map<String, EventHeader> HEADERS =
            Stream.of(EventHeader.values())
                    .collect(
                            Collectors.toUnmodifiableMap(
                                    EventHeader::getText, Function.identity()));

    private EventDecoder() {}

    /**
     * Decodes one message.
     *
     * @param frames all frames of the message, as they arrived
     * @return what the message says
     * @throws WireException it is not exactly one message of dialect 1
     */
    public static SupvisorsMessage decode(List<byte[]> frames) throws WireException {
        // bytes that are not UTF-8 become a replacement character, which no header has
        String header = frames.isEmpty() ? "" : new String(frames.get(0), StandardCharsets.UTF_8);
        if (frames.size() != 2) {
            throw new WireException(
                    WireException.Reason.FRAME_COUNT, header, frames.size() + " frames, not 2");
        }
        return decodeBody(header, frames.get(1));
    }

    /**
     * Decodes the text of one message, for example in a test of a listener.
     *
     * @param header the first frame
     * @param json the second frame
     * @return what the message says
     * @throws WireException it is not exactly one message of dialect 1
     */
    public static SupvisorsMessage decode(String header, String json) throws WireException {
        return decodeBody(header, json.getBytes(StandardCharsets.UTF_8));
    }

    static SupvisorsMessage decodeBody(String header, byte[] json) throws WireException {
        EventHeader row = HEADERS.get(header);
        if (row == null) {
            throw new WireException(
                    WireException.Reason.UNKNOWN_HEADER, header, "not one of " + HEADERS.keySet());
        }
        return row.message(StrictJson.object(header, json));
    }
}
