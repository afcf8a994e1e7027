package org.supvisors.event;

import java.util.List;
import java.util.Map;

/** The state of one process over all addresses. */
public final class SupvisorsProcessInfo extends SupvisorsMessage {
    private final String applicationName;
    private final String processName;
    private final ProcessState state;
    private final boolean expectedExit;
    private final long lastEventTime;
    private final List<String> addresses;

    SupvisorsProcessInfo(Fields fields) throws WireException {
        applicationName = fields.text("application_name");
        processName = fields.text("process_name");
        state = fields.state("statecode", ProcessState.values(), ProcessState::getCode);
        fields.checkName("statename", state);
        expectedExit = fields.flag("expected_exit");
        fields.checkExit("expected_exit", expectedExit, state);
        lastEventTime = fields.time("last_event_time");
        addresses = fields.texts("addresses");
    }

    /**
     * {@return the name of the application}
     */
    public String getApplicationName() {
        return applicationName;
    }

    /**
     * {@return the name of the process}
     */
    public String getProcessName() {
        return processName;
    }

    /**
     * {@return the state of the process}
     */
    public ProcessState getProcessState() {
        return state;
    }

    /**
     * {@return the code of the state, one of 0, 10, 20, 30, 40, 100, 200, 1000}
     */
    public int getStatecode() {
        return state.getCode();
    }

    /**
     * {@return the name of the state}
     */
    public String getStatename() {
        return state.name();
    }

    /**
     * {@return false only when the state is EXITED and the exit was unexpected}
     */
    public boolean isExpectedExit() {
        return expectedExit;
    }

    /**
     * {@return the date of its last event on any address, in POSIX seconds; 0 when there was none}
     */
    public long getLastEventTime() {
        return lastEventTime;
    }

    /**
     * {@return the addresses where it is STARTING, RUNNING, BACKOFF or STOPPING; unmodifiable}
     */
    public List<String> getAddresses() {
        return addresses;
    }

    @Override
    public EventHeader getHeader() {
        return EventHeader.PROCESS;
    }

    @Override
    public Map<String, Object> asMap() {
        return EventHeader.PROCESS.body(
                applicationName,
                processName,
                getStatecode(),
                getStatename(),
                expectedExit,
                lastEventTime,
                addresses);
    }

    @Override
    void deliverTo(SupvisorsEventListener listener) {
        listener.onProcessStatus(this);
    }
}
