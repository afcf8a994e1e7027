package org.supvisors.event.examples;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.supvisors.event.EventEndpoint;
import org.supvisors.event.SupvisorsAddressInfo;
import org.supvisors.event.SupvisorsApplicationInfo;
import org.supvisors.event.SupvisorsErrorHandler;
import org.supvisors.event.SupvisorsEventListener;
import org.supvisors.event.SupvisorsEventSubscriber;
import org.supvisors.event.SupvisorsMessage;
import org.supvisors.event.SupvisorsProcessEvent;
import org.supvisors.event.SupvisorsProcessInfo;
import org.supvisors.event.SupvisorsStatus;
import org.supvisors.event.WireException;
import org.zeromq.ZMQ;

/**
 * Prints every event as one JSON object a line, the same as {@code supvisors events --json}, until
 * Ctrl-C.
 */
public final class PrintEvents implements SupvisorsEventListener {
    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    private PrintEvents() {}

    /**
     * Listens until the process is ended.
     *
     * @param arguments the event port; then, where it is not 127.0.0.1, the host
     */
    public static void main(String[] arguments) {
        if (arguments.length < 1 || arguments.length > 2) {
            System.err.println("usage: PrintEvents PORT [HOST]");
            System.exit(2);
        }
        String host = arguments.length == 2 ? arguments[1] : EventEndpoint.LOCALHOST;
        EventEndpoint endpoint = EventEndpoint.of(host, Integer.parseInt(arguments[0]));
        ZMQ.Context context = ZMQ.context(1);
        SupvisorsEventSubscriber subscriber = new SupvisorsEventSubscriber(endpoint, context);
        subscriber.subscribeToAll();
        subscriber.setListener(new PrintEvents());
        subscriber.setErrorHandler(
                new SupvisorsErrorHandler() {
                    @Override
                    public void onRefused(WireException error) {
                        System.err.println("left out a malformed message: " + error.getMessage());
                    }
                });
        subscriber.run();
    }

    @Override
    public void onSupvisorsStatus(SupvisorsStatus status) {
        print(status);
    }

    @Override
    public void onAddressStatus(SupvisorsAddressInfo status) {
        print(status);
    }

    @Override
    public void onApplicationStatus(SupvisorsApplicationInfo status) {
        print(status);
    }

    @Override
    public void onProcessStatus(SupvisorsProcessInfo status) {
        print(status);
    }

    @Override
    public void onProcessEvent(SupvisorsProcessEvent event) {
        print(event);
    }

    private void print(SupvisorsMessage message) {
        out.println(JsonLine.of(message));
        if (out.checkError()) {
            System.exit(0); // nobody reads us any more
        }
    }
}
