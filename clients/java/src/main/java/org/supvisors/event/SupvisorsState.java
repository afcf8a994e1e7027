package org.supvisors.event;

/** States of Supvisors. Their codes are frozen; new ones may come with a release. */
public enum SupvisorsState {
    /** The agents look for each other. */
    INITIALIZATION(0),
    /** Applications are being started. */
    DEPLOYMENT(1),
    /** All is done, failures are handled. */
    OPERATION(2),
    /** A process runs on more addresses than it should. */
    CONCILIATION(3),
    /** The whole system restarts. */
    RESTARTING(4),
    /** The whole system stops. */
    SHUTTING_DOWN(5),
    /** The whole system has stopped. */
    SHUTDOWN(6);

    private final int code;

    SupvisorsState(int code) {
        this.code = code;
    }

    /**
     * {@return the number that stands for this state on the wire}
     */
    public int getCode() {
        return code;
    }
}
