package org.supvisors.event;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A mirror of what the publisher knows: the last status of everything. It is written by the thread
 * of its subscriber and may be read by any other. What is not subscribed is not in it.
 */
public final class SupvisorsCluster {
    /** A process with what else is known of it; facts may be null. */
    private record Process(SupvisorsProcessInfo info, ProcessFacts facts) {}

    private SupvisorsStatus supvisors;
    private final Map<String, SupvisorsAddressInfo> addresses = new LinkedHashMap<>();
    private final Map<String, SupvisorsApplicationInfo> applications = new LinkedHashMap<>();
    private final Map<String, Process> processes = new LinkedHashMap<>();

    SupvisorsCluster() {}

    /**
     * {@return the state of the whole system; empty before the first snapshot}
     */
    public synchronized Optional<SupvisorsStatus> getSupvisors() {
        return Optional.ofNullable(supvisors);
    }

    /**
     * The last status of an address.
     *
     * @param name of the address
     * @return its status, if there is one
     */
    public synchronized Optional<SupvisorsAddressInfo> getAddress(String name) {
        return Optional.ofNullable(addresses.get(name));
    }

    /**
     * The last status of an application.
     *
     * @param name of the application
     * @return its status, if it exists
     */
    public synchronized Optional<SupvisorsApplicationInfo> getApplication(String name) {
        return Optional.ofNullable(applications.get(name));
    }

    /**
     * The last status of a process.
     *
     * @param namespec {@code application:process}
     * @return its status, if it exists
     */
    public synchronized Optional<SupvisorsProcessInfo> getProcess(String namespec) {
        return Optional.ofNullable(processes.get(namespec)).map(Process::info);
    }

    /**
     * What else is known of a process.
     *
     * @param namespec {@code application:process}
     * @return the facts of its last run, if there are any
     */
    public synchronized Optional<ProcessFacts> getFacts(String namespec) {
        return Optional.ofNullable(processes.get(namespec)).map(Process::facts);
    }

    /**
     * {@return the statuses of all addresses, as they are now; a copy}
     */
    public synchronized List<SupvisorsAddressInfo> getAddresses() {
        return List.copyOf(addresses.values());
    }

    /**
     * {@return the statuses of all applications, as they are now; a copy}
     */
    public synchronized List<SupvisorsApplicationInfo> getApplications() {
        return List.copyOf(applications.values());
    }

    /**
     * {@return the statuses of all processes, as they are now; a copy}
     */
    public synchronized List<SupvisorsProcessInfo> getProcesses() {
        return processes.values().stream().map(Process::info).toList();
    }

    /** Takes a status; returns whether it says anything new. */
    synchronized boolean apply(SupvisorsMessage body, ProcessFacts facts) {
        if (body instanceof SupvisorsStatus status) {
            boolean isNew = !status.equals(supvisors);
            supvisors = status;
            return isNew;
        }
        if (body instanceof SupvisorsAddressInfo info) {
            return !info.equals(addresses.put(info.getAddressName(), info));
        }
        if (body instanceof SupvisorsApplicationInfo info) {
            return !info.equals(applications.put(info.getApplicationName(), info));
        }
        if (body instanceof SupvisorsProcessInfo info) {
            Process process = new Process(info, facts);
            return !process.equals(processes.put(namespec(info), process));
        }
        return false; // an event is no status
    }

    /** Takes out what exists no longer; returns whether it was there. */
    synchronized boolean remove(SyncOutput.Removed gone) {
        return gone.process().isEmpty()
                ? applications.remove(gone.application()) != null
                : processes.remove(gone.application() + ":" + gone.process()) != null;
    }

    /**
     * Takes out what is not among the statuses of a snapshot.
     *
     * @return the processes, then the applications that were taken out
     */
    synchronized List<SyncOutput.Removed> retain(Collection<SyncOutput.Status> statuses) {
        Set<String> addressNames = new HashSet<>();
        Set<String> applicationNames = new HashSet<>();
        Set<String> namespecs = new HashSet<>();
        for (SyncOutput.Status status : statuses) {
            if (status.body() instanceof SupvisorsAddressInfo info) {
                addressNames.add(info.getAddressName());
            } else if (status.body() instanceof SupvisorsApplicationInfo info) {
                applicationNames.add(info.getApplicationName());
            } else if (status.body() instanceof SupvisorsProcessInfo info) {
                namespecs.add(namespec(info));
            }
        }
        List<SyncOutput.Removed> gone = new ArrayList<>();
        processes.forEach(
                (name, process) -> {
                    if (!namespecs.contains(name)) {
                        gone.add(
                                new SyncOutput.Removed(
                                        process.info().getApplicationName(),
                                        process.info().getProcessName()));
                    }
                });
        applications.forEach(
                (name, info) -> {
                    if (!applicationNames.contains(name)) {
                        gone.add(new SyncOutput.Removed(name, ""));
                    }
                });
        gone.forEach(this::remove);
        addresses.keySet().retainAll(addressNames);
        return gone;
    }

    private static String namespec(SupvisorsProcessInfo info) {
        return info.getApplicationName() + ":" + info.getProcessName();
    }
}
