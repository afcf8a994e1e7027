// Which process events somebody has: a number for each address, and cursors.
//
// Holds: High, which tells a new event from one that was had before; Place, how far somebody is in
//     a journal; Cursor, what a client saves to go on where it stopped.
// Must not touch: events beyond their source id.
// Invariants: of one life of a supervisord, an id is new only if its number is above all that
//     were taken before. decode(encode()) is the same cursor.
// Tests: clients/cpp/tests/sync_test.cpp.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "happenings.hpp"
#include "reading.hpp"
#include "values.hpp"

namespace supvisors::event {

// For each address the lives of its supervisord, the latest first: identity, highest number.
using Lives = std::map<std::string, std::vector<std::pair<std::string, std::int64_t>>>;

// Which process events a client has. What is in it is its own business and ours.
struct Cursor {
    std::string journal;
    std::int64_t seq = 0;  // the client has all records up to this one
    Lives high;
    // The client has all records up to this one, too. Where to go on is `seq` all the same, since
    // these may not be safe on the agent's disk yet. None where there are none.
    std::optional<std::int64_t> told = std::nullopt;

    // The cursor as a text, for a file or a column of yours.
    [[nodiscard]] std::string encode() const {
        nlohmann::ordered_json text{{"journal", journal}, {"seq", seq}, {"high", high}};
        if (told) {
            text["told"] = *told;
        }
        return text.dump();
    }

    // The cursor of a text that encode gave, in any language. Throws std::invalid_argument for
    // every other: start without a cursor then.
    [[nodiscard]] static Cursor decode(std::string_view text) {
        try {
            return read(detail::parse_strictly(text));
        } catch (const detail::Misfit& misfit) {
            throw std::invalid_argument("not a cursor: " + misfit.detail);
        } catch (const detail::Fault& fault) {
            throw std::invalid_argument("not a cursor: " + fault.detail);
        }
    }

private:
    static Cursor read(const detail::Json& value) {
        Cursor cursor;
        cursor.journal = detail::identity(detail::at(value, "journal"));
        cursor.seq = detail::number(detail::at(value, "seq"));
        const detail::Json& high = detail::at(value, "high");
        if (!high.is_object()) {
            throw detail::Misfit{"high is an object"};
        }
        for (const auto& address : high.items()) {
            cursor.high.emplace(address.key(), read_lives(address.value()));
        }
        cursor.told = detail::optional_at(value, "told", detail::number);
        return cursor;
    }

    static Lives::mapped_type read_lives(const detail::Json& value) {
        if (!value.is_array()) {
            throw detail::Misfit{"lives are a list"};
        }
        Lives::mapped_type lives;
        for (const detail::Json& life : value) {
            if (!life.is_array() || life.size() != 2) {
                throw detail::Misfit{"a life is a list of two"};
            }
            lives.emplace_back(detail::text(life[0]), detail::number(life[1]));
        }
        return lives;
    }
};

namespace detail {

// Identities of boots have no order, so several are kept for each address: the event that a
// restarted agent tells again may be of the life before this one.
class High {
public:
    High() = default;
    explicit High(Lives lives) : lives_(std::move(lives)) {}

    // Takes an event; tells whether it is new.
    bool take(const SourceId& source) {
        auto& lives = lives_[source.address];
        const auto known = std::find_if(lives.begin(), lives.end(), [&](const auto& life) {
            return life.first == source.boot;
        });
        if (known != lives.end()) {
            const bool is_new = source.seq > known->second;
            known->second = std::max(known->second, source.seq);
            return is_new;
        }
        if (lives.size() >= lives_max) {
            lives.resize(lives_max - 1);
        }
        lives.emplace(lives.begin(), source.boot, source.seq);
        return true;
    }

    [[nodiscard]] const Lives& lives() const noexcept { return lives_; }

private:
    // An event of an earlier life comes late only while agents restart, and then the life before
    // the last is the oldest that can.
    static constexpr std::size_t lives_max = 4;

    Lives lives_;
};

// How far somebody is in a journal, if he is in one.
class Place {
public:
    // Where the cursor is; without one, nowhere.
    explicit Place(const std::optional<Cursor>& cursor) {
        if (cursor) {
            position_ = Position{cursor->journal, cursor->seq};
            told_ = std::max(cursor->seq, cursor->told.value_or(0));
        }
    }

    // Journal, and number of the record after which to go on.
    [[nodiscard]] const std::optional<Position>& position() const noexcept { return position_; }

    // Up to where he has everything, what is not safe on disk yet included; 0 in no journal.
    [[nodiscard]] std::int64_t told() const noexcept { return told_; }

    // Moves the position. What was told stays ahead of it only if that is on in one journal: the
    // numbers of another one, and of one that lost its end, mean other records.
    void move(std::optional<Position> position) {
        const bool is_on = position_ && position && position_->journal == position->journal &&
                           position_->seq <= position->seq;
        const std::int64_t reached = position ? position->seq : 0;
        told_ = is_on ? std::max(told_, reached) : reached;
        position_ = std::move(position);
    }

    // He has this record, and all before it.
    void tell(std::optional<std::int64_t> record) {
        if (position_ && record) {
            told_ = std::max(told_, *record);
        }
    }

    // The cursor of who has come so far; none in no journal.
    [[nodiscard]] std::optional<Cursor> cursor(const High& high) const {
        if (!position_) {
            return std::nullopt;
        }
        return Cursor{position_->journal, position_->seq, high.lives(),
                      told_ > position_->seq ? std::make_optional(told_) : std::nullopt};
    }

private:
    std::optional<Position> position_;
    std::int64_t told_ = 0;
};

}  // namespace detail

}  // namespace supvisors::event
