package org.supvisors.event.examples;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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
 * Ctrl-C. With a file for its cursor it begins with the events since it last ended, however it did:
 * an event is printed before it is saved, so the last one may be printed twice.
 */
public final class FollowCluster implements SupvisorsSyncListener {
    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final SupvisorsSyncSubscriber subscriber;
    private final Optional<Path> cursorFile;

    private FollowCluster(SupvisorsSyncSubscriber subscriber, Optional<Path> cursorFile) {
        this.subscriber = subscriber;
        this.cursorFile = cursorFile;
    }

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
        Optional<Path> file =
                arguments.length == 2 ? Optional.of(Path.of(arguments[1])) : Optional.empty();
        SupvisorsSyncSubscriber subscriber =
                new SupvisorsSyncSubscriber(Integer.parseInt(arguments[0]), ZMQ.context(1));
        if (file.isPresent() && Files.exists(file.get())) {
            subscriber.setCursor(Cursor.decode(Files.readString(file.get()).strip()));
        }
        subscriber.setListener(new FollowCluster(subscriber, file));
        subscriber.run();
    }

    private void saveCursor() {
        if (cursorFile.isPresent() && subscriber.getCursor().isPresent()) {
            save(cursorFile.get(), subscriber.getCursor().get());
        }
    }

    /** Writes a file that is whole, whenever the program is killed. */
    private static void save(Path file, Cursor cursor) {
        try {
            Path whole = Path.of(file + ".new");
            Files.writeString(whole, cursor.encode() + "\n");
            Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
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
        saveCursor();
    }

    @Override
    public void onSupvisorsStatus(SupvisorsStatus status) {
        printChange(status, Optional.empty());
    }

    @Override
    public void onAddressStatus(SupvisorsAddressInfo status) {
        printChange(status, Optional.empty());
    }

    @Override
    public void onApplicationStatus(SupvisorsApplicationInfo status) {
        printChange(status, Optional.empty());
    }

    @Override
    public void onProcessStatus(SupvisorsProcessInfo status, Optional<ProcessFacts> facts) {
        printChange(status, facts);
    }

    @Override
    public void onProcessEvent(
            SupvisorsProcessEvent event, EventSource source, Optional<ProcessFacts> facts) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("event", event.asMap());
        line.put("id", List.of(source.address(), source.boot(), source.number()));
        line.put("facts", facts.map(FollowCluster::asMap).orElse(null));
        print(line);
        saveCursor();
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
        saveCursor();
    }

    private void printState(SupvisorsMessage status) {
        out.println(JsonLine.of(status));
    }

    private void printChange(SupvisorsMessage status, Optional<ProcessFacts> facts) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("status", status.getHeader().getText());
        line.put("body", status.asMap());
        line.put("facts", facts.map(FollowCluster::asMap).orElse(null));
        print(line);
    }

    private static Map<String, Object> asMap(ProcessFacts facts) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("exit_code", facts.exitCode());
        map.put("signal", facts.signal());
        map.put("run_time_ms", facts.runTimeMs());
        map.put("spawn_error", facts.spawnError());
        map.put("restarts", facts.restarts());
        map.put("reason", facts.reason());
        return map;
    }

    private void print(Map<String, Object> line) {
        out.println(JsonLine.of((Object) line));
    }
}
