package org.supvisors.event;

/**
 * What a program does with the events. Override what you want to hear; the others do nothing.
 *
 * <p>All methods are called by the thread that runs the subscriber, one after the other, in the
 * order in which the messages were published. A slow method delays the next message. A {@link
 * RuntimeException} goes to the {@link SupvisorsErrorHandler}, and the subscriber goes on.
 */
public interface SupvisorsEventListener {
    /**
     * The state of the whole system changed.
     *
     * @param status the new state
     */
    default void onSupvisorsStatus(SupvisorsStatus status) {}

    /**
     * The state of an address changed, or its times were refreshed.
     *
     * @param status the new state
     */
    default void onAddressStatus(SupvisorsAddressInfo status) {}

    /**
     * The state of an application changed.
     *
     * @param status the new state
     */
    default void onApplicationStatus(SupvisorsApplicationInfo status) {}

    /**
     * The state of a process over all addresses changed.
     *
     * @param status the new state
     */
    default void onProcessStatus(SupvisorsProcessInfo status) {}

    /**
     * A process changed its state on one address.
     *
     * @param event what happened
     */
    default void onProcessEvent(SupvisorsProcessEvent event) {}
}
