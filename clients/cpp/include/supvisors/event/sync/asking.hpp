// Requests that are answered, or asked again.
//
// Holds: Slots, the eight of a client; Question, one kind of request with its back-off.
// Must not touch: what is asked for; clocks: the time is given.
// Invariants: at most one topic of a question is subscribed at any time; two first tries of one
//     question are at least retry_first apart.
// Tests: clients/cpp/tests/sync_test.cpp.

#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "requests.hpp"

namespace supvisors::event {

// A monotonic time, from whatever beginning.
using Instant = std::chrono::duration<double>;

namespace detail {

class Slots {
public:
    int take() noexcept {
        last_ = (last_ + 1) % slot_count;
        return last_;
    }

private:
    int last_ = -1;
};

class Question {
public:
    explicit Question(Slots& slots) noexcept : slots_(&slots) {}

    // Asks as soon as may be, if nothing is under way.
    void want(Instant now) {
        if (!due_) {
            wait_ = retry_first;
            due_ = asked_ ? std::max(now, *asked_ + retry_first) : now;
        }
    }

    // Waits for an answer that comes by itself; asks when it does not.
    void expect(Instant now) {
        if (!due_) {
            wait_ = retry_first;
            due_ = now + retry_first;
        }
    }

    // Gives what to unsubscribe from (nothing, if empty); `topic` is then what to subscribe to.
    template <class TopicOfSlot>
    [[nodiscard]] std::string ask(Instant now, TopicOfSlot&& topic_of_slot) {
        asked_ = now;
        due_ = now + wait_;
        wait_ = std::min(2 * wait_, retry_last);
        return std::exchange(topic_, topic_of_slot(slots_->take()));
    }

    // Gives what to unsubscribe from, now that the answer is here.
    [[nodiscard]] std::string release() { return std::exchange(topic_, {}); }

    // Wants nothing more.
    void answered() noexcept { due_.reset(); }

    // The answer came, and there is more to ask at once.
    void go_on(Instant now) {
        wait_ = retry_first;
        due_ = now;
    }

    // What is subscribed to; empty before the first request.
    [[nodiscard]] const std::string& topic() const noexcept { return topic_; }
    // When to ask, or to ask again; none when nothing is wanted.
    [[nodiscard]] std::optional<Instant> due() const noexcept { return due_; }
    [[nodiscard]] bool is_due(Instant now) const noexcept { return due_ && *due_ <= now; }

private:
    // How long an answer is waited for at first, and at the most: twice as long each time.
    static constexpr Instant retry_first{1};
    static constexpr Instant retry_last{16};

    Slots* slots_;
    Instant wait_ = retry_first;
    std::optional<Instant> asked_;
    std::optional<Instant> due_;
    std::string topic_;
};

}  // namespace detail

}  // namespace supvisors::event
