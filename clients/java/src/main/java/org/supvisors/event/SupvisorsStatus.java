package org.supvisors.event;

import java.util.Map;

/** The state of the whole system. */
public final class SupvisorsStatus extends SupvisorsMessage {
    private final SupvisorsState state;

    SupvisorsStatus(Fields fields) throws WireException {
        state = fields.state("statecode", SupvisorsState.values(), SupvisorsState::getCode);
        fields.checkName("statename", state);
    }

    /**
     * {@return the state of Supvisors}
     */
    public SupvisorsState getSupvisorsState() {
        return state;
    }

    /**
     * {@return the code of the state, in [0;6]}
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

    @Override
    public EventHeader getHeader() {
        return EventHeader.SUPVISORS;
    }

    @Override
    public Map<String, Object> asMap() {
        return EventHeader.SUPVISORS.body(getStatecode(), getStatename());
    }

    @Override
    void deliverTo(SupvisorsEventListener listener) {
        listener.onSupvisorsStatus(this);
    }
}
