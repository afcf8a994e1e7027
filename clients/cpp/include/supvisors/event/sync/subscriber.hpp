// A client of the synchronised event interface: the state first, then every change.
//
// Holds: SyncSubscriber, a Synchroniser on a socket.
// Must not touch: what a message means.
// Invariants: what was handed out is in the cursor, and nothing else.
// Tests: clients/cpp/tests/sync_subscriber_test.cpp.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <zmq.hpp>

#include "../connection.hpp"
#include "../errors.hpp"
#include "synchroniser.hpp"

namespace supvisors::event {

// Connected from its construction to its end. For one thread at a time; it starts no thread but
// the one of ZeroMQ's context. Call receive often: what waits there is bounded, and what does
// not fit is lost, told as a Gap and repaired.
//
// Throws std::invalid_argument for options or a wish that make no sense, and zmq::error_t for
// what ZeroMQ refuses.
class SyncSubscriber {
public:
    using RefusedHandler = std::function<void(const WireError&)>;

    explicit SyncSubscriber(const Options& options, Wish wish = {})
        : connection_(options),
          machine_(std::make_unique<Synchroniser>(named(wish))),
          high_(wish.cursor ? wish.cursor->high : Lives{}),
          place_(machine_->place()) {
        perform(machine_->start(now()));
    }

    // What happened next. The first one is Joined: then `cluster` is complete. None when nothing
    // happened within `timeout` (0: look once; negative: wait for ever), or when a signal was
    // handled meanwhile.
    [[nodiscard]] std::optional<Happening> receive(std::chrono::milliseconds timeout) {
        const auto deadline = detail::deadline_after(timeout);
        while (waiting_.empty()) {
            place_ = machine_->place();
            if (!take_message(deadline)) {
                return std::nullopt;
            }
        }
        Happening next = std::move(waiting_.front());
        waiting_.pop_front();
        if (const auto* change = std::get_if<Change>(&next); change != nullptr && change->id) {
            high_.take(*change->id);
            place_.tell(change->record);
        }
        return next;
    }

    // The last status of everything; ahead of what receive gave by what it has not given yet.
    [[nodiscard]] const Cluster& cluster() const noexcept { return machine_->cluster(); }

    // Where to go on later: after the events that receive gave. None before Joined, and without
    // a journal on the agent's side.
    [[nodiscard]] std::optional<Cursor> cursor() const {
        return (waiting_.empty() ? machine_->place() : place_).cursor(high_);
    }

    // Whom to tell of a message that was dropped, in the thread that receives.
    void on_refused(RefusedHandler handler) { handler_ = std::move(handler); }
    [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }

    // The SUB socket, to poll it beside others: see Subscriber. Call receive(0ms) at least once
    // a second all the same, since requests are repeated in it.
    [[nodiscard]] zmq::socket_ref handle() noexcept { return connection_.handle(); }

private:
    using Clock = detail::Connection::Clock;

    static Instant now() { return Clock::now().time_since_epoch(); }

    // The wish, with a name made up for a client that has none.
    static const Wish& named(Wish& wish) {
        constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789";
        constexpr std::size_t length = 16;
        if (wish.client.empty()) {
            std::random_device random;
            std::uniform_int_distribution<std::size_t> letter(0, letters.size() - 1);
            std::generate_n(std::back_inserter(wish.client), length,
                            [&] { return letters[letter(random)]; });
        }
        return wish;
    }

    // Takes one message, or asks again for what is due. False when the deadline has passed.
    bool take_message(std::optional<Clock::time_point> deadline) {
        const std::optional<Instant> due = machine_->deadline();
        auto until = deadline;
        if (due) {
            const Clock::time_point wake{std::chrono::ceil<Clock::duration>(*due)};
            until = deadline ? std::min(*deadline, wake) : wake;
        }
        const auto frames = connection_.receive(until);
        if (!frames) {
            perform(machine_->wake(now()));
            const bool is_early = until != deadline && Clock::now() >= *until;
            return is_early && (!deadline || Clock::now() < *deadline);
        }
        try {
            perform(machine_->receive(now(), *frames));
        } catch (const WireError& error) {
            ++refused_;
            if (handler_) {
                handler_(error);
            }
        }
        return true;
    }

    void perform(Outputs outputs) {
        for (Output& output : outputs) {
            std::visit(overloaded{
                           [&](Subscribe& wanted) { connection_.subscribe(wanted.topic); },
                           [&](Unsubscribe& done) { connection_.unsubscribe(done.topic); },
                           [&](auto& happening) { waiting_.emplace_back(std::move(happening)); },
                       },
                       output);
        }
    }

    detail::Connection connection_;
    std::unique_ptr<Synchroniser> machine_;
    detail::High high_;    // of what was handed out
    detail::Place place_;  // the same, while something waits
    std::deque<Happening> waiting_;
    RefusedHandler handler_;
    std::uint64_t refused_ = 0;
};

}  // namespace supvisors::event
