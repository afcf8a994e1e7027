package org.supvisors.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;

/**
 * Any frames give a message or a {@link WireException}, and nothing else. {@code make fuzz-java}
 * looks for other outcomes for ten minutes each; a build only tries what is cheap. What is fed are
 * the frames of a vector, with pieces of them replaced.
 */
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class DecoderFuzzTest {
    private static final int EDITS_MAX = 6;
    private static final List<List<byte[]>> DIALECT_1 = frames(WireFiles.VECTORS);
    private static final List<List<byte[]>> DIALECT_2 =
            frames(WireFiles.VECTORS.resolve("dialect2"));

    private static List<List<byte[]>> frames(Path folder) {
        return WireFiles.names(folder).stream()
                .map(name -> WireFiles.read(folder.resolve(name + ".json")).get("cases"))
                .flatMap(cases -> WireFiles.objects(cases).stream())
                .map(vector -> WireFiles.frames(vector.get("frames")))
                .filter(frames -> !frames.isEmpty())
                .toList();
    }

    private static List<byte[]> bent(FuzzedDataProvider data, List<List<byte[]>> vectors) {
        List<byte[]> frames = new ArrayList<>(data.pickValue(vectors));
        for (int edits = data.consumeInt(0, EDITS_MAX); edits > 0; edits--) {
            int at = data.consumeInt(0, frames.size() - 1);
            byte[] frame = frames.get(at);
            int begin = data.consumeInt(0, frame.length);
            int end = data.consumeInt(begin, frame.length);
            byte[] piece = data.consumeBytes(data.consumeInt(0, data.remainingBytes()));
            byte[] edited = Arrays.copyOf(frame, begin + piece.length + frame.length - end);
            System.arraycopy(piece, 0, edited, begin, piece.length);
            System.arraycopy(frame, end, edited, begin + piece.length, frame.length - end);
            frames.set(at, edited);
        }
        return frames;
    }

    @FuzzTest(maxDuration = "10m")
    void dialect1(FuzzedDataProvider data) {
        try {
            SupvisorsMessage message = EventDecoder.decode(bent(data, DIALECT_1));
            String again = Told.json(message.asMap());
            assertEquals(message, EventDecoder.decode(message.getHeader().getText(), again));
        } catch (WireException error) {
            assertFalse(error.getMessage().isEmpty());
        }
    }

    @FuzzTest(maxDuration = "10m")
    void dialect2(FuzzedDataProvider data) {
        List<byte[]> frames = bent(data, DIALECT_2);
        try {
            SyncMessage message = SyncDecoder.decode(frames);
            assertEquals(message, SyncDecoder.decode(frames));
        } catch (WireException error) {
            assertFalse(error.getMessage().isEmpty());
        }
    }
}
