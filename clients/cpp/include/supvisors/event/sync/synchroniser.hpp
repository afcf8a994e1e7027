// The synchroniser: what a client makes of the messages of dialect 2, in any language.
//
// Holds: Synchroniser, messages in, outputs out. It owns the streams and the requests; statuses
//     are put together in Statuses, events in EventLog.
// Must not touch: sockets, clocks, threads: the time is given, and subscriptions are outputs.
// Invariants: first Joined, then every change in order, each once; the mirror is what the
//     outputs add up to; what was published and did not come is told as a Gap.
// Tests: clients/cpp/tests/sync_test.cpp. The same machine for every language: wire/README.md,
//     section "Dialect 2".

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "asking.hpp"
#include "cluster.hpp"
#include "eventlog.hpp"
#include "high.hpp"
#include "messages.hpp"
#include "outputs.hpp"
#include "requests.hpp"
#include "statuses.hpp"

namespace supvisors::event {

// What a synchronised client wants.
struct Wish {
    // Which headers; all of them by default.
    std::vector<std::string> headers{detail::all_headers.begin(), detail::all_headers.end()};
    // Of an earlier life of this client: the events after it are told first.
    std::optional<Cursor> cursor;
    // The same from a time on, in ms since 1970; not with a cursor.
    std::optional<std::int64_t> since_ms;
    // A name that no other client has, of 1 to 32 characters of A-Z a-z 0-9 _ -. When it is
    // empty, SyncSubscriber makes one up.
    std::string client;
};

// One client's view of one publisher. Subscribe and unsubscribe as the outputs say, on one SUB
// socket, in their order. Give it every message, and call wake at the deadline.
class Synchroniser {
public:
    // Throws std::invalid_argument: no headers, or one that is none; a client name that is none;
    // both cursor and since_ms, or one of them without the header "event".
    explicit Synchroniser(const Wish& wish)
        : client_(wish.client),
          headers_(chosen(wish)),
          has_events_(contains(headers_, header_of<ProcessEvent>)),
          statuses_(headers_, snapshot_),
          events_(replay_, wish.cursor, wish.since_ms) {}
    ~Synchroniser() = default;
    Synchroniser(const Synchroniser&) = delete;  // its parts know each other by address
    Synchroniser& operator=(const Synchroniser&) = delete;
    Synchroniser(Synchroniser&&) = delete;
    Synchroniser& operator=(Synchroniser&&) = delete;

    // Begins: subscribes to all that is wanted. Call it once, before anything else.
    [[nodiscard]] Outputs start(Instant now) {
        Outputs outputs;
        for (const std::string_view header : headers_) {
            outputs.emplace_back(Subscribe{detail::topic_of(header)});
        }
        outputs.emplace_back(Subscribe{detail::topic_of(detail::removed_name)});
        outputs.emplace_back(Subscribe{detail::topic_of(detail::beat_name)});
        snapshot_.want(now);
        detail::append(outputs, wake(now));
        return outputs;
    }

    // Takes a message. Throws WireError when it is none of dialect 2; nothing has changed then.
    [[nodiscard]] Outputs receive(Instant now, const std::vector<std::string_view>& frames) {
        detail::Message message = detail::decode_sync(frames);
        const std::string& stream = detail::stream_of(message);
        if (contains(past_, stream)) {
            return {};
        }
        Outputs outputs;
        if (stream != stream_) {
            outputs = enter(now, stream);
        }
        detail::append(outputs, take(now, std::move(message)));
        detail::append(outputs, wake(now));
        return outputs;
    }

    // Asks what is due. Harmless at any time.
    [[nodiscard]] Outputs wake(Instant now) {
        Outputs outputs;
        if (snapshot_.is_due(now)) {
            swap(outputs, snapshot_.ask(now, [&](int slot) {
                return detail::snapshot_topic(client_, slot, headers_);
            }), snapshot_.topic());
        }
        if (replay_.is_due(now)) {
            const auto [journal, from] = events_.wanted();
            swap(outputs, replay_.ask(now, [&, &journal = journal, &from = from](int slot) {
                return detail::replay_topic(client_, slot, journal, from);
            }), replay_.topic());
        }
        return outputs;
    }

    // When wake is to be called; none when nothing is waited for.
    [[nodiscard]] std::optional<Instant> deadline() const {
        const auto snapshot = snapshot_.due();
        const auto replay = replay_.due();
        return snapshot && replay ? std::min(snapshot, replay) : snapshot ? snapshot : replay;
    }

    [[nodiscard]] const Cluster& cluster() const noexcept { return statuses_.cluster(); }

    // Where to go on later; none before the first snapshot or without a journal.
    [[nodiscard]] std::optional<Cursor> cursor() const { return events_.cursor(); }

    // The journal and numbers of the cursor alone.
    [[nodiscard]] const detail::Place& place() const noexcept { return events_.place(); }

private:
    // Streams that are over and whose late messages are known as such.
    static constexpr std::size_t past_streams = 8;

    template <class Items, class Item>
    static bool contains(const Items& items, const Item& item) {
        return std::find(items.begin(), items.end(), item) != items.end();
    }

    // The headers of a wish, in the order of their table.
    static std::vector<std::string_view> chosen(const Wish& wish) {
        for (const std::string& header : wish.headers) {
            if (!contains(detail::all_headers, header)) {
                throw std::invalid_argument("'" + header + "' is no header");
            }
        }
        if (wish.headers.empty()) {
            throw std::invalid_argument("at least one header has to be wanted");
        }
        if (!detail::is_identity(wish.client)) {
            throw std::invalid_argument("client must be 1 to 32 of A-Z a-z 0-9 _ -, not '" +
                                        wish.client + "'");
        }
        if (wish.cursor && wish.since_ms) {
            throw std::invalid_argument("a cursor and a time are two beginnings: give one");
        }
        if (wish.since_ms && (*wish.since_ms < 0 || *wish.since_ms > detail::time_max)) {
            throw std::invalid_argument("since_ms must be in [0;2^53-1]");
        }
        if ((wish.cursor || wish.since_ms) &&
            !contains(wish.headers, header_of<ProcessEvent>)) {
            throw std::invalid_argument("what happened before is told as 'event': want it too");
        }
        std::vector<std::string_view> headers;
        std::copy_if(detail::all_headers.begin(), detail::all_headers.end(),
                     std::back_inserter(headers), [&](std::string_view header) {
                         return contains(wish.headers, header);
                     });
        return headers;
    }

    static void swap(Outputs& outputs, std::string before, const std::string& after) {
        if (!before.empty()) {
            outputs.emplace_back(Unsubscribe{std::move(before)});
        }
        outputs.emplace_back(Subscribe{after});
    }

    // Another publisher answers: nothing is known of its numbers.
    Outputs enter(Instant now, const std::string& stream) {
        if (!stream_.empty()) {
            past_.push_back(stream_);
            if (past_.size() > past_streams) {
                past_.pop_front();
            }
        }
        stream_ = stream;
        snapshot_.expect(now);  // its request was sent again with the connection
        statuses_.enter();
        return has_events_ ? events_.enter(now) : Outputs{};
    }

    Outputs take(Instant now, detail::Message message) {
        return std::visit([&](auto& kind) { return take(now, kind); }, message);
    }

    Outputs take(Instant now, detail::Live& live) {
        if (live.header != header_of<ProcessEvent>) {
            return statuses_.take(now, std::move(live));
        }
        return has_events_ ? events_.take(now, std::move(live)) : Outputs{};
    }

    Outputs take(Instant now, detail::Removed& removed) {
        return statuses_.take(now, std::move(removed));
    }

    Outputs take(Instant now, const detail::Beat& beat) {
        Outputs outputs = statuses_.compare(now, beat.stand);
        detail::append(outputs, compare(now, beat.stand));
        return outputs;
    }

    Outputs take(Instant now, const detail::Snapshot& snapshot) {
        if (snapshot.topic != snapshot_.topic()) {
            return {};
        }
        Outputs outputs = statuses_.adopt(snapshot);
        detail::append(outputs, compare(now, snapshot.stand));
        return outputs;
    }

    Outputs take(Instant now, const detail::Page& page) {
        if (page.topic != replay_.topic() || !replay_.due()) {
            return {};
        }
        // A page that was kept would be sent again at every connection.
        Outputs outputs{Unsubscribe{replay_.release()}};
        detail::append(outputs, events_.turn(now, page));
        return outputs;
    }

    Outputs compare(Instant now, const detail::Stand& stand) {
        return has_events_ && statuses_.has_joined() ? events_.compare(now, stand) : Outputs{};
    }

    std::string client_;
    std::vector<std::string_view> headers_;
    bool has_events_;
    detail::Slots slots_;
    detail::Question snapshot_{slots_};
    detail::Question replay_{slots_};
    std::string stream_;
    std::deque<std::string> past_;
    detail::Statuses statuses_;
    detail::EventLog events_;
};

}  // namespace supvisors::event
