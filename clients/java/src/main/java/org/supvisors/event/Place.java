package org.supvisors.event;

/** How far somebody is in a journal, if it is in one. */
final class Place {
    /** Journal, and number of the record after which to go on; null outside of any journal. */
    private SyncMessage.Position position;

    /**
     * Number up to which everything was told, what is not safe on disk yet included: not below
     * that of the position; 0 outside of any journal.
     */
    private long told;

    /** Where a cursor is; without one (null) outside of any journal. */
    Place(Cursor cursor) {
        position = cursor == null ? null : cursor.position();
        told = cursor == null ? 0 : cursor.told();
    }

    SyncMessage.Position position() {
        return position;
    }

    long told() {
        return told;
    }

    /**
     * Moves the position; null is outside of any journal. What was told stays ahead of it while it
     * goes on in the same journal; behind a move back, or into another one, nothing is ahead.
     */
    void move(SyncMessage.Position next) {
        if (next == null) {
            told = 0;
        } else if (position == null
                || !position.journal().equals(next.journal())
                || position.seq() > next.seq()) {
            told = next.seq();
        } else {
            told = Math.max(told, next.seq());
        }
        position = next;
    }

    /** Everything up to this record was told; null where its number is not known. */
    void tell(Long record) {
        if (position != null && record != null) {
            told = Math.max(told, record);
        }
    }

    /** Where to go on later; null outside of any journal. */
    Cursor cursor(High high) {
        return position == null ? null : new Cursor(position, told, high.lives());
    }
}
