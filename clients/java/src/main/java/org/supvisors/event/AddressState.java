package org.supvisors.event;

/** States of an address. Their codes are frozen; new ones may come with a release. */
public enum AddressState {
    /** Nothing was heard of it yet. */
    UNKNOWN(0),
    /** It was heard, and its processes are being asked for. */
    CHECKING(1),
    /** It takes part. */
    RUNNING(2),
    /** It is not heard any more. */
    SILENT(3),
    /** Its link is being cut. */
    ISOLATING(4),
    /** Nothing of it is heard until an operator lifts the fence. */
    ISOLATED(5);

    private final int code;

    AddressState(int code) {
        this.code = code;
    }

    /**
     * {@return the number that stands for this state on the wire}
     */
    public int getCode() {
        return code;
    }
}
