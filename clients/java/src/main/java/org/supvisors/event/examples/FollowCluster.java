package org.supvisors.event.examples;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.supvisors.event.Cursor;
import org.supvisors.event.EventSource;
import org.supvisors.event.Gap;
import org.supvisors.event.ProcessFacts;
import org.supvisors.event.SupvisorsAddressInfo;
import org.supvisors.event.SupvisorsApplicationInfo;
import org.supvisors.event.SupvisorsCluster;
import org.supvisors.event.SupvisorsMessage;
import org.supvisors.event.SupvisorsProcessEvent;
import org.supvisors.event.SupvisorsProcessInfo;
import org.supvisors.event.SupvisorsStatus;
import org.supvisors.event.SupvisorsSyncListener;
import org.supvisors.event.SupvisorsSyncSubscriber;
import org.zeromq.ZMQ;

/**
 * Prints the state of the whole cluster, then every change of it, as one JSON object a line, until
 * Ctrl-C. With a file for its cursor it begins with the events since it last ended.
 */
public final class FollowCluster implements SupvisorsSyncListener {
    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    private FollowCluster() {}

    /**
     * Follows until the process is ended.
     *
     * @param arguments the event port; then, if wanted, the file of the cursor
     * @throws IOException the file cannot be read
     */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length < 1 || arguments.length > 2) {
            System.err.println("usage: FollowCluster PORT [CURSOR_FILE]");
            System.exit(2);
        }
        SupvisorsSyncSubscriber subscriber =
                new SupvisorsSyncSubscriber(Integer.parseInt(arguments[0]), ZMQ.context(1));
        subscriber.setListener(new FollowCluster());
        if (arguments.length == 2) {
            keepCursor(subscriber, Path.of(arguments[1]));
        }
        subscriber.run();
    }

    private static void keepCursor(SupvisorsSyncSubscriber subscriber, Path file)
            throws IOException {
        if (Files.exists(file)) {
            subscriber.setCursor(Cursor.decode(Files.readString(file).strip()));
        }
        Thread saving =
                new Thread(
                        () -> {
                            subscriber.close();
                            subscriber.getCursor().ifPresent(cursor -> save(file, cursor));
                        });
        Runtime.getRuntime().addShutdownHook(saving);
    }

    private static void save(Path file, Cursor cursor) {
        try {
            Files.writeString(file, cursor.encode() + "\n");
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    @Override
    public void onJoined(SupvisorsCluster cluster) {
        print(Map.of("joined", true));
        cluster.getSupvisors().ifPresent(this::printState);
        cluster.getAddresses().forEach(this::printState);
        cluster.getApplications().forEach(this::printState);
        cluster.getProcesses().forEach(this::printState);
    }

    @Override
    public void onSupvisorsStatus(SupvisorsStatus status) {
        printChange(status);
    }

    @Override
    public void onAddressStatus(SupvisorsAddressInfo status) {
        printChange(status);
    }

    @Override
    public void onApplicationStatus(SupvisorsApplicationInfo status) {
        printChange(status);
    }

    @Override
    public void onProcessStatus(SupvisorsProcessInfo status) {
        printChange(status);
    }

    @Override
    public void onProcessEvent(
            SupvisorsProcessEvent event, EventSource source, Optional<ProcessFacts> facts) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("event", event.asMap());
        line.put("id", List.of(source.address(), source.boot(), source.number()));
        print(line);
    }

    @Override
    public void onRemoved(String application, String process) {
        Map<String, Object> gone = new LinkedHashMap<>();
        gone.put("application", application);
        gone.put("process", process);
        print(Map.of("removed", gone));
    }

    @Override
    public void onGap(Gap gap) {
        print(Map.of("gap", List.of(gap.header(), gap.first(), gap.last())));
    }

    private void printState(SupvisorsMessage status) {
        out.println(JsonLine.of(status));
    }

    private void printChange(SupvisorsMessage status) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("status", status.getHeader().getText());
        line.put("body", status.asMap());
        print(line);
    }

    private void print(Map<String, Object> line) {
        out.println(JsonLine.of((Object) line));
    }
}
