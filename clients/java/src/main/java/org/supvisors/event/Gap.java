package org.supvisors.event;

/**
 * Messages that were published, did not come and cannot be had again. The mirror is repaired, or
 * about to be.
 *
 * <p>Numbers are those of the publisher's messages with that header; where its journal was asked in
 * vain for events, those of the journal.
 *
 * @param header one of the headers, or {@code removed}
 * @param first number of the first message that is missing
 * @param last number of the last one; 0 when it is not known how many
 */
public record Gap(String header, long first, long last) implements SyncOutput {}
