package org.supvisors.event;

/** States of an application. Their codes are frozen; new ones may come with a release. */
public enum ApplicationState {
    /** No process of it runs. */
    STOPPED(0),
    /** A process of it is starting. */
    STARTING(1),
    /** A process of it runs, and none is starting or stopping. */
    RUNNING(2),
    /** A process of it is stopping. */
    STOPPING(3);

    private final int code;

    ApplicationState(int code) {
        this.code = code;
    }

    /**
     * {@return the number that stands for this state on the wire}
     */
    public int getCode() {
        return code;
    }
}
