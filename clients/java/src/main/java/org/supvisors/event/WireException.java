package org.supvisors.event;

import java.util.Locale;

/** A message that arrived is none of the event interface. It is the sender's fault. */
public final class WireException extends Exception {
    private static final long serialVersionUID = 1L;

    private static final int DETAIL_MAX = 200;

    /** Why a message is refused: the table "Reasons" of wire/README.md. */
    public enum Reason {
        /** There are not two frames. */
        FRAME_COUNT,
        /** The first frame is no known header. */
        UNKNOWN_HEADER,
        /** The second frame is not UTF-8. */
        NOT_UTF8,
        /** It is not one JSON value. */
        BAD_JSON,
        /** It is another JSON value than an object. */
        NOT_AN_OBJECT,
        /** A key stands twice. */
        DUPLICATE_KEY,
        /** A key is missing. */
        MISSING_KEY,
        /** There is a key that does not belong there. */
        EXTRA_KEY,
        /** A value has another type. */
        WRONG_TYPE,
        /** An integer is outside its range. */
        OUT_OF_RANGE,
        /** No state has this code. */
        UNKNOWN_CODE,
        /** Two keys cannot both be right. */
        CONTRADICTION,
        /** The second frame of dialect 2 is not what its topic has there. */
        BAD_META,
        /** The third frame of dialect 2 is not what its topic has there. */
        BAD_CONTENT;

        /**
         * {@return the reason as the vectors spell it}
         */
        public String getText() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Why. */
    private final Reason reason;

    /** The first frame. */
    private final String header;

    WireException(Reason reason, String header, String detail) {
        super(cut(header) + ": " + reason.getText() + ": " + cut(detail));
        this.reason = reason;
        this.header = header;
    }

    /** A stranger's text is no longer than a line of a log takes. */
    private static String cut(String text) {
        return text.length() <= DETAIL_MAX ? text : text.substring(0, DETAIL_MAX) + "...";
    }

    /**
     * {@return why the message was refused}
     */
    public Reason getReason() {
        return reason;
    }

    /**
     * {@return the first frame as text, whatever it holds; empty when there was none}
     */
    public String getHeader() {
        return header;
    }
}
