package org.supvisors.event;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The topics of dialect 2. As strings of ISO 8859-1 they hold any bytes. */
final class Topics {
    /** First byte of every topic. */
    static final String MARK = "\u0001";

    static final String REMOVED_NAME = "removed";
    static final String REMOVED = MARK + REMOVED_NAME;
    static final String BEAT = MARK + "beat";

    /** Everything that has numbers of its own within a stream. */
    static final List<String> SEQUENCED =
            Stream.concat(
                            Stream.of(EventHeader.values()).map(EventHeader::getText),
                            Stream.of(REMOVED_NAME))
                    .toList();

    /** Slots that a client has for its requests, and uses in turn. */
    static final int SLOTS = 8;

    static final String CLIENT = "[A-Za-z0-9_-]{1,32}";

    private static final String ANY_JOURNAL = "*";
    private static final int BYTES_MAX = 200;
    private static final Pattern SNAPSHOT =
            Pattern.compile(MARK + "snap\\|" + CLIENT + "\\|[0-7]\\|([a-z,]+)");
    private static final Pattern REPLAY =
            Pattern.compile(
                    MARK
                            + "replay\\|"
                            + CLIENT
                            + "\\|[0-7]\\|("
                            + CLIENT
                            + "|\\*)\\|(t?)(0|[1-9][0-9]{0,15})");

    private Topics() {}

    static String read(byte[] frame) {
        return new String(frame, StandardCharsets.ISO_8859_1);
    }

    static byte[] bytes(String topic) {
        return topic.getBytes(StandardCharsets.ISO_8859_1);
    }

    static String live(EventHeader header) {
        return MARK + header.getText();
    }

    static String snapshot(String client, int slot, List<EventHeader> headers) {
        List<String> names = headers.stream().map(EventHeader::getText).toList();
        return MARK + "snap|" + client + "|" + slot + "|" + String.join(",", names);
    }

    /** Asks for what follows a record of a journal. */
    static String replayAfter(String client, int slot, SyncMessage.Position position) {
        return replay(client, slot, position.journal(), Long.toString(position.seq()));
    }

    /** Asks for what was published from a time on. */
    static String replaySince(String client, int slot, long sinceMs) {
        return replay(client, slot, ANY_JOURNAL, "t" + sinceMs);
    }

    private static String replay(String client, int slot, String journal, String from) {
        return MARK + "replay|" + client + "|" + slot + "|" + journal + "|" + from;
    }

    static boolean isSnapshot(String topic) {
        Matcher match = SNAPSHOT.matcher(topic);
        if (topic.length() > BYTES_MAX || !match.matches()) {
            return false;
        }
        List<String> names = Arrays.asList(match.group(1).split(",", -1));
        List<String> canonical = new ArrayList<>();
        for (EventHeader header : EventHeader.values()) {
            if (names.contains(header.getText())) {
                canonical.add(header.getText());
            }
        }
        return names.equals(canonical);
    }

    static boolean isReplay(String topic) {
        Matcher match = REPLAY.matcher(topic);
        return topic.length() <= BYTES_MAX
                && match.matches()
                && match.group(1).equals(ANY_JOURNAL) == match.group(2).equals("t")
                && Long.parseLong(match.group(3)) <= Fields.NUMBER_MAX;
    }
}
