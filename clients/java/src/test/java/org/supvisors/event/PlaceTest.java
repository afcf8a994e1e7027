package org.supvisors.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** How what was told moves with the position. */
class PlaceTest {
    private static final High HIGH = new High(Map.of());

    private final Place place = new Place(new Cursor(at("j", 10), 14, Map.of()));

    private static SyncMessage.Position at(String journal, long seq) {
        return new SyncMessage.Position(journal, seq);
    }

    @Test
    void whatWasToldOnlyGrows() {
        place.tell(16L);
        place.tell(15L);
        place.tell(null);
        assertEquals(16, place.told());
        assertEquals(at("j", 10), place.position());
    }

    @Test
    void onInTheSameJournalItStaysAhead() {
        place.move(at("j", 12));
        assertEquals(14, place.told());
        place.move(at("j", 15));
        assertEquals(15, place.told());
    }

    @Test
    void backOrInAnotherJournalNothingIsAhead() {
        place.move(at("j", 9));
        assertEquals(9, place.told());
        place.tell(12L);
        place.move(at("k", 11));
        assertEquals(11, place.told());
    }

    @Test
    void outsideOfAJournalNothingIsCounted() {
        place.move(null);
        place.tell(20L);
        assertEquals(0, place.told());
        assertNull(place.cursor(HIGH));
        place.move(at("j", 3));
        assertEquals(3, place.told());
    }

    @Test
    void theCursorSaysWhatIsAheadAndNothingElse() {
        String text = "{\"journal\":\"j\",\"seq\":10,\"high\":{},\"told\":14}";
        assertEquals(text, place.cursor(HIGH).encode());
        assertEquals(place.cursor(HIGH), Cursor.decode(text));
        place.move(at("j", 14));
        String equal = "{\"journal\":\"j\",\"seq\":14,\"high\":{}}";
        assertEquals(equal, place.cursor(HIGH).encode());
        assertEquals(place.cursor(HIGH), Cursor.decode(equal.replace("}}", "},\"told\":2}")));
    }
}
