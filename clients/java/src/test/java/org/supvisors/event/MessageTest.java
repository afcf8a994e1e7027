package org.supvisors.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Values: equality, text, immutability, and what the vectors leave open. */
class MessageTest {
    private static final String OPERATION = Bodies.SUPVISORS;
    private static final String DEPLOYMENT =
            OPERATION.replace("2", "1").replace("OPERATION", "DEPLOYMENT");

    @Test
    void equalBodiesAreEqual() throws WireException {
        SupvisorsMessage one = EventDecoder.decode("supvisors", OPERATION);
        assertEquals(one, EventDecoder.decode("supvisors", OPERATION.replace(",", " , ")));
        assertEquals(one.hashCode(), EventDecoder.decode("supvisors", OPERATION).hashCode());
        assertNotEquals(one, EventDecoder.decode("supvisors", DEPLOYMENT));
    }

    @Test
    void textNamesEveryKey() throws WireException {
        assertEquals(
                "SupvisorsStatus{statecode=2, statename=OPERATION}",
                EventDecoder.decode("supvisors", OPERATION).toString());
    }

    @Test
    void gettersGiveWhatTheBodyHolds() throws WireException {
        SupvisorsProcessInfo info = (SupvisorsProcessInfo) EventDecoder.decode("process", Bodies.PROCESS);
        assertEquals(ProcessState.RUNNING, info.getProcessState());
        assertEquals(1_700_000_000L, info.getLastEventTime());
        assertEquals(List.of("alpha"), info.getAddresses());
        assertThrows(UnsupportedOperationException.class, () -> info.getAddresses().clear());
        assertThrows(UnsupportedOperationException.class, () -> info.asMap().clear());
    }

    @Test
    void depthAndLengthDoNotEndTheDecoder() {
        String deep = "[".repeat(1_000_000);
        WireException nested =
                assertThrows(WireException.class, () -> EventDecoder.decode("supvisors", deep));
        assertEquals(WireException.Reason.BAD_JSON, nested.getReason());
        String endless = OPERATION.replace("2", "2".repeat(2_000_000));
        WireException huge =
                assertThrows(WireException.class, () -> EventDecoder.decode("supvisors", endless));
        assertEquals(WireException.Reason.UNKNOWN_CODE, huge.getReason());
        assertTrue(huge.getMessage().length() < 200, "a log line stays a line");
    }
}
