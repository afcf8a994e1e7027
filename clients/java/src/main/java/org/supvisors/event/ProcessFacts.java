package org.supvisors.event;

/**
 * What is known of a process beside its body.
 *
 * @param exitCode of its last run; null when a signal ended it, or when none ended yet
 * @param signal that ended its last run, null without one
 * @param runTimeMs length of its last run in ms, null when it is not known
 * @param spawnError why it could not be started, or empty
 * @param restarts how often it was started again by itself
 * @param reason why it was started or stopped last, in words, or empty
 */
public record ProcessFacts(
        Integer exitCode,
        Integer signal,
        Long runTimeMs,
        String spawnError,
        long restarts,
        String reason) {}
