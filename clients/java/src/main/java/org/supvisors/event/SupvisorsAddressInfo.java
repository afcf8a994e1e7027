package org.supvisors.event;

import java.util.Map;

/** The state of one address: of one supervisord with its agent. */
public final class SupvisorsAddressInfo extends SupvisorsMessage {
    private final String addressName;
    private final AddressState state;
    private final long remoteTime;
    private final long localTime;
    private final int loading;

    SupvisorsAddressInfo(Fields fields) throws WireException {
        addressName = fields.text("address_name");
        state = fields.state("statecode", AddressState.values(), AddressState::getCode);
        fields.checkName("statename", state);
        remoteTime = fields.time("remote_time");
        localTime = fields.time("local_time");
        loading = (int) fields.integer("loading", 100);
    }

    /**
     * {@return the name of the address}
     */
    public String getAddressName() {
        return addressName;
    }

    /**
     * {@return the state of the address}
     */
    public AddressState getAddressState() {
        return state;
    }

    /**
     * {@return the code of the state, in [0;5]}
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
     * Returns when its last TICK was sent.
     *
     * @return POSIX milliseconds on the clock of the address; 0 when there was none
     */
    public long getRemoteTime() {
        return remoteTime;
    }

    /**
     * Returns when its last TICK arrived.
     *
     * @return POSIX milliseconds on the clock of the publisher; 0 when there was none
     */
    public long getLocalTime() {
        return localTime;
    }

    /**
     * {@return the sum of the expected loadings of what runs there, in percent, in [0;100]}
     */
    public int getLoading() {
        return loading;
    }

    @Override
    public EventHeader getHeader() {
        return EventHeader.ADDRESS;
    }

    @Override
    public Map<String, Object> asMap() {
        return EventHeader.ADDRESS.body(
                addressName, getStatecode(), getStatename(), remoteTime, localTime, loading);
    }

    @Override
    void deliverTo(SupvisorsEventListener listener) {
        listener.onAddressStatus(this);
    }
}
