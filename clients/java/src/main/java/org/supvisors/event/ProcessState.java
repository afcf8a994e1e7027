package org.supvisors.event;

/** States of a process, with the names and codes of Supervisor. */
public enum ProcessState {
    /** Stopped by request, or never started. */
    STOPPED(0),
    /** Started, and not up long enough to count as running. */
    STARTING(10),
    /** Running. */
    RUNNING(20),
    /** Ended too soon after its start, and waiting for the next try. */
    BACKOFF(30),
    /** Asked to stop, and not gone yet. */
    STOPPING(40),
    /** Ended by itself. */
    EXITED(100),
    /** Could not be started. */
    FATAL(200),
    /** Not known, or the process does not exist any more. */
    UNKNOWN(1000);

    private final int code;

    ProcessState(int code) {
        this.code = code;
    }

    /**
     * {@return the number that stands for this state on the wire}
     */
    public int getCode() {
        return code;
    }

    /** A process has an identity of the system in these states only. */
    boolean hasPid() {
        return this == RUNNING || this == STOPPING;
    }
}
