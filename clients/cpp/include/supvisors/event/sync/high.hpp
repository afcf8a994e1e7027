// Which process events somebody has: a number for each address, and cursors.
//
// Holds: High, which tells a new event from one that was had before; Cursor, what a client saves
//     to go on where it stopped.
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
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "happenings.hpp"
#include "reading.hpp"

namespace supvisors::event {

// For each address the lives of its supervisord, the latest first: identity, highest number.
using Lives = std::map<std::string, std::vector<std::pair<std::string, std::int64_t>>>;

// Which process events a client has. What is in it is its own business and ours.
struct Cursor {
    std::string journal;
    std::int64_t seq = 0;  // the client has all records up to this one, and maybe more
    Lives high;

    // The cursor as a text, for a file or a column of yours.
    [[nodiscard]] std::string encode() const {
        return nlohmann::ordered_json{{"journal", journal}, {"seq", seq}, {"high", high}}.dump();
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

}  // namespace detail

}  // namespace supvisors::event
