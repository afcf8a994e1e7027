package org.supvisors.event;

import java.util.function.IntFunction;

/**
 * One request that is wanted, under way, or answered; without an answer it is asked again. At most
 * one topic of it is subscribed at any time.
 */
final class Question {
    /** How long an answer is waited for at first, and at the most: twice as long each time. */
    private static final double RETRY_FIRST_S = 1.0;

    private static final double RETRY_LAST_S = 16.0;

    /** The slots of a client, in turn. */
    static final class Slots {
        private int last = -1;

        int take() {
            last = (last + 1) % Topics.SLOTS;
            return last;
        }
    }

    private final Slots slots;
    private double waitS = RETRY_FIRST_S;
    private double askedS = Double.NEGATIVE_INFINITY;
    private double dueS = Double.POSITIVE_INFINITY;
    private String topic = "";

    Question(Slots slots) {
        this.slots = slots;
    }

    /** What is subscribed; empty before the first request. */
    String topic() {
        return topic;
    }

    /** When to ask, or to ask again; infinite when nothing is wanted. */
    double dueS() {
        return dueS;
    }

    boolean isOpen() {
        return dueS != Double.POSITIVE_INFINITY;
    }

    /** Asks as soon as may be, if nothing is under way. */
    void want(double nowS) {
        if (!isOpen()) {
            waitS = RETRY_FIRST_S;
            dueS = Math.max(nowS, askedS + RETRY_FIRST_S);
        }
    }

    /** Waits for an answer that comes by itself; asks when it does not. */
    void expect(double nowS) {
        if (!isOpen()) {
            waitS = RETRY_FIRST_S;
            dueS = nowS + RETRY_FIRST_S;
        }
    }

    /** Changes to the topic of the next slot. */
    void ask(double nowS, IntFunction<String> topicOf) {
        topic = topicOf.apply(slots.take());
        askedS = nowS;
        dueS = nowS + waitS;
        waitS = Math.min(2 * waitS, RETRY_LAST_S);
    }

    /** The answer is here; returns the topic that is to be unsubscribed. */
    String release() {
        String before = topic;
        topic = "";
        return before;
    }

    /** Wants nothing more. */
    void answered() {
        dueS = Double.POSITIVE_INFINITY;
    }

    /** The answer came, and there is more to ask at once. */
    void goOn(double nowS) {
        waitS = RETRY_FIRST_S;
        dueS = nowS;
    }
}
