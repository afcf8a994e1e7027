package org.supvisors.event;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The highest number taken of each life of each supervisord. Identities of lives have no order, so
 * several are kept for each address: what a restarted agent tells again may be of the life before.
 */
final class High {
    private static final int LIVES_MAX = 4;

    /** Lives of each address, the latest first. */
    private final Map<String, List<Cursor.Life>> lives = new LinkedHashMap<>();

    High(Map<String, List<Cursor.Life>> known) {
        known.forEach((address, list) -> lives.put(address, new ArrayList<>(list)));
    }

    /** Takes an event; returns whether it is new. */
    boolean take(EventSource source) {
        List<Cursor.Life> known =
                lives.computeIfAbsent(source.address(), address -> new ArrayList<>());
        Cursor.Life life = new Cursor.Life(source.boot(), source.number());
        for (int i = 0; i < known.size(); i++) {
            if (known.get(i).boot().equals(source.boot())) {
                if (source.number() <= known.get(i).number()) {
                    return false;
                }
                known.set(i, life);
                return true;
            }
        }
        while (known.size() >= LIVES_MAX) {
            known.remove(known.size() - 1);
        }
        known.add(0, life);
        return true;
    }

    Map<String, List<Cursor.Life>> lives() {
        return lives;
    }
}
