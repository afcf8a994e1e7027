package org.supvisors.event;

import java.util.Map;

/** The state of one application: of a group of Supervisor over all addresses. */
public final class SupvisorsApplicationInfo extends SupvisorsMessage {
    private final String applicationName;
    private final ApplicationState state;
    private final boolean majorFailure;
    private final boolean minorFailure;

    SupvisorsApplicationInfo(Fields fields) throws WireException {
        applicationName = fields.text("application_name");
        state = fields.state("statecode", ApplicationState.values(), ApplicationState::getCode);
        fields.checkName("statename", state);
        majorFailure = fields.flag("major_failure");
        minorFailure = fields.flag("minor_failure");
    }

    /**
     * {@return the name of the application}
     */
    public String getApplicationName() {
        return applicationName;
    }

    /**
     * {@return the state of the application}
     */
    public ApplicationState getApplicationState() {
        return state;
    }

    /**
     * {@return the code of the state, in [0;3]}
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
     * {@return whether a required process is not started}
     */
    public boolean isMajorFailure() {
        return majorFailure;
    }

    /**
     * {@return whether an optional process is not started}
     */
    public boolean isMinorFailure() {
        return minorFailure;
    }

    @Override
    public EventHeader getHeader() {
        return EventHeader.APPLICATION;
    }

    @Override
    public Map<String, Object> asMap() {
        return EventHeader.APPLICATION.body(
                applicationName, getStatecode(), getStatename(), majorFailure, minorFailure);
    }

    @Override
    void deliverTo(SupvisorsEventListener listener) {
        listener.onApplicationStatus(this);
    }
}
