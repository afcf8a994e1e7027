// The process events of a client: live ones, joined to those of the journal.
//
// Holds: EventLog: numbers, what waits for a replay, the cursor.
// Must not touch: subscriptions, but through its Question; statuses.
// Invariants: an event is told once, by its source. Live events wait while a replay goes on, so
//     that all are told in the order of their publication.
// Tests: clients/cpp/tests/sync_test.cpp.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "../model.hpp"
#include "asking.hpp"
#include "high.hpp"
#include "outputs.hpp"
#include "requests.hpp"
#include "values.hpp"

namespace supvisors::event::detail {

class EventLog {
public:
    // Begins where the cursor or the time says; without them, with what is published next.
    EventLog(Question& question, const std::optional<Cursor>& cursor,
             std::optional<std::int64_t> since_ms)
        : question_(&question),
          since_ms_(since_ms),
          high_(cursor ? cursor->high : Lives{}),
          place_(cursor) {}

    // How far everything was told.
    [[nodiscard]] const Place& place() const noexcept { return place_; }
    [[nodiscard]] std::optional<Cursor> cursor() const { return place_.cursor(high_); }

    // The page that is wanted now: journal, and from where on.
    [[nodiscard]] std::pair<std::string, std::string> wanted() const {
        if (const auto& position = place_.position()) {
            return {position->journal, std::to_string(position->seq)};
        }
        return {std::string(any_journal), "t" + std::to_string(since_ms_.value_or(0))};
    }

    // Another stream: its numbers begin anew, and the end of the last one may be lost.
    [[nodiscard]] Outputs enter(Instant now) {
        if (!held_) {
            return {};
        }
        waiting_.clear();
        const std::int64_t lost_from = *held_ + 1;
        held_ = 0;
        if (is_replaying_) {
            return {};
        }
        if (!place_.position()) {
            return {gap(lost_from, 0)};
        }
        replay(now);
        return {};
    }

    // A live event.
    [[nodiscard]] Outputs take(Instant now, Live live) {
        const std::int64_t seq = live.meta.seq;
        if (!held_ || seq <= *held_) {
            return {};
        }
        if (waiting_.size() < waiting_max) {
            waiting_.insert_or_assign(seq, std::move(live));
        }
        return is_replaying_ ? Outputs{} : drain(now);
    }

    // Notices that the last events were lost, or that all up to here are there.
    [[nodiscard]] Outputs compare(Instant now, const Stand& stand) {
        const std::int64_t seq = stand.seq_of(header_of<ProcessEvent>);
        if (!held_) {
            return begin(now, stand, seq);
        }
        if (is_replaying_) {
            return {};
        }
        if (!stand.journal) {
            place_.move(std::nullopt);
        }
        if (seq > *held_) {
            return miss(now, seq);
        }
        if (seq == *held_ && stand.journal) {
            settle(*stand.journal);
        }
        return {};
    }

    // A page of the replay that is under way.
    [[nodiscard]] Outputs turn(Instant now, const Page& page) {
        if (page.meta.gone) {
            return lose(now, page.meta, *page.meta.gone);
        }
        const Position& journal = *page.meta.journal;  // no page of records is without one
        Outputs outputs;
        for (const Record& record : page.records) {
            append(outputs, read(journal.journal, record));
        }
        if (page.meta.next) {
            settle({journal.journal, *page.meta.next});
            question_->go_on(now);
            return outputs;
        }
        if (!place_.position()) {
            settle(journal);
        }
        held_ = std::max(*held_, *page.meta.live_from - 1);
        append(outputs, end_replay(now));
        return outputs;
    }

private:
    // Live events that wait for a replay; later ones are asked for again.
    static constexpr std::size_t waiting_max = 100'000;

    static Gap gap(std::int64_t first, std::int64_t last) {
        return {std::string(header_of<ProcessEvent>), first, last};
    }

    Outputs begin(Instant now, const Stand& stand, std::int64_t seq) {
        held_ = seq;
        if (place_.position() || since_ms_) {
            if (!stand.journal) {
                return give_up();
            }
            replay(now);
        } else if (stand.journal) {
            settle(*stand.journal);
        }
        return {};
    }

    // Everything up to this number of the journal was told.
    void settle(const Position& position) {
        const auto& before = place_.position();
        if (!before || before->journal != position.journal || before->seq < position.seq) {
            place_.move(position);
        }
    }

    void replay(Instant now) {
        is_replaying_ = true;
        question_->want(now);
    }

    Outputs read(const std::string& journal, const Record& record) {
        Outputs outputs;
        if (const auto& position = place_.position()) {
            if (record.seq <= position->seq) {
                return {};
            }
            if (record.seq > place_.told() + 1) {
                outputs.emplace_back(gap(place_.told() + 1, record.seq - 1));
            }
        }
        place_.move(Position{journal, record.seq});
        append(outputs, tell({record.body, record.facts, record.id, record.time_ms, record.seq}));
        return outputs;
    }

    // What was asked for is gone: say so, go on with what is left.
    Outputs lose(Instant now, const PageMeta& meta, std::int64_t first_held) {
        if (!meta.journal) {
            Outputs outputs = give_up();
            append(outputs, end_replay(now));
            return outputs;
        }
        Outputs outputs;
        const auto& position = place_.position();
        const std::int64_t lost_from = place_.told() + 1;
        if (position && position->journal != meta.journal->journal) {
            outputs.emplace_back(gap(lost_from, 0));
        } else if (position && first_held > lost_from) {
            outputs.emplace_back(gap(lost_from, first_held - 1));
        }
        place_.move(Position{meta.journal->journal, std::max<std::int64_t>(0, first_held - 1)});
        question_->go_on(now);
        return outputs;
    }

    // There is no journal any more.
    Outputs give_up() {
        const std::int64_t lost_from = place_.told() + 1;
        place_.move(std::nullopt);
        since_ms_.reset();
        return {gap(lost_from, 0)};
    }

    Outputs end_replay(Instant now) {
        is_replaying_ = false;
        question_->answered();
        return drain(now);
    }

    // Tells what waited, as far as it has no hole.
    Outputs drain(Instant now) {
        Outputs outputs;
        while (!waiting_.empty()) {
            const std::int64_t seq = waiting_.begin()->first;
            if (seq > *held_ + 1) {
                append(outputs, miss(now, seq - 1));
                if (is_replaying_) {
                    break;
                }
            }
            Live live = std::move(waiting_.extract(waiting_.begin()).mapped());
            if (seq > *held_) {
                held_ = seq;
                append(outputs, tell({std::move(live.body), std::move(live.meta.facts),
                                      std::move(live.meta.id), live.meta.time_ms,
                                      live.meta.record}));
            }
        }
        return outputs;
    }

    Outputs tell(Change change) {
        Outputs outputs;
        place_.tell(change.record);
        if (high_.take(*change.id)) {
            outputs.emplace_back(std::move(change));
        }
        return outputs;
    }

    // Events up to `last` did not come: have them replayed, or say that they are lost.
    Outputs miss(Instant now, std::int64_t last) {
        if (place_.position()) {
            replay(now);
            return {};
        }
        const std::int64_t first = *held_ + 1;
        held_ = last;
        return {gap(first, last)};
    }

    Question* question_;
    std::optional<std::int64_t> since_ms_;
    High high_;
    Place place_;
    std::optional<std::int64_t> held_;  // number in the stream of the last event told
    bool is_replaying_ = false;
    std::map<std::int64_t, Live> waiting_;
};

}  // namespace supvisors::event::detail
