package org.supvisors.event;

import java.util.Map;

/** One process changed its state on one address. */
public final class SupvisorsProcessEvent extends SupvisorsMessage {
    private final String group;
    private final String name;
    private final ProcessState state;
    private final boolean expected;
    private final long now;
    private final int pid;
    private final String address;

    SupvisorsProcessEvent(Fields fields) throws WireException {
        group = fields.text("group");
        name = fields.text("name");
        state = fields.state("state", ProcessState.values(), ProcessState::getCode);
        expected = fields.flag("expected");
        fields.checkExit("expected", expected, state);
        now = fields.time("now");
        pid = (int) fields.integer("pid", Integer.MAX_VALUE);
        fields.checkPid("pid", pid, state);
        address = fields.text("address");
    }

    /**
     * {@return the name of the application}
     */
    public String getGroup() {
        return group;
    }

    /**
     * {@return the name of the process}
     */
    public String getName() {
        return name;
    }

    /**
     * {@return the state of the process on that address}
     */
    public ProcessState getProcessState() {
        return state;
    }

    /**
     * {@return the code of the state, one of 0, 10, 20, 30, 40, 100, 200, 1000}
     */
    public int getState() {
        return state.getCode();
    }

    /**
     * {@return false only when the state is EXITED and the exit was unexpected}
     */
    public boolean isExpected() {
        return expected;
    }

    /**
     * {@return the date of the event on the clock of the address, in POSIX seconds}
     */
    public long getNow() {
        return now;
    }

    /**
     * {@return the UNIX process ID; 0 unless the state is RUNNING or STOPPING}
     */
    public int getPid() {
        return pid;
    }

    /**
     * {@return the name of the address where the event comes from}
     */
    public String getAddress() {
        return address;
    }

    @Override
    public EventHeader getHeader() {
        return EventHeader.EVENT;
    }

    @Override
    public Map<String, Object> asMap() {
        return EventHeader.EVENT.body(
                group, name, getState(), expected, now, pid, address);
    }

    @Override
    void deliverTo(SupvisorsEventListener listener) {
        listener.onProcessEvent(this);
    }
}
