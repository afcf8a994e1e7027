package org.supvisors.event;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Keeps what a listener and an error handler are told, as lines, in order. */
final class Recorder implements SupvisorsEventListener, SupvisorsErrorHandler {
    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();

    /** The next line, waited for. */
    String next() {
        String line = nextWithin(20);
        assertNotNull(line, "nothing was told");
        return line;
    }

    /** The next line, null when none comes in that time. */
    String nextWithin(int limitS) {
        try {
            return told.poll(limitS, TimeUnit.SECONDS);
        } catch (InterruptedException error) {
            throw new AssertionError(error);
        }
    }

    void expectNothingMore() {
        assertNull(told.peek());
    }

    void tell(String line) {
        told.add(line);
    }

    @Override
    public void onSupvisorsStatus(SupvisorsStatus status) {
        tell("supvisors " + status.getSupvisorsState());
    }

    @Override
    public void onAddressStatus(SupvisorsAddressInfo status) {
        tell("address " + status.getAddressName());
    }

    @Override
    public void onApplicationStatus(SupvisorsApplicationInfo status) {
        tell("application " + status.getApplicationName());
    }

    @Override
    public void onProcessStatus(SupvisorsProcessInfo status) {
        tell("process " + status.getProcessName());
    }

    @Override
    public void onProcessEvent(SupvisorsProcessEvent event) {
        tell("event " + event.getName());
    }

    @Override
    public void onRefused(WireException error) {
        tell("refused " + error.getReason().getText());
    }

    @Override
    public void onListenerError(RuntimeException error) {
        tell("listener failed: " + error.getMessage());
    }
}
