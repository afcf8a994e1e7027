// A client of the plain event interface: dialect 1, as any ZeroMQ client hears it.
//
// Holds: Subscriber, which gives one Event after the other; Listener, for those who prefer to
//     be called.
// Must not touch: bytes and keys, but through decode; the socket, but through Connection.
// Invariants: a message that is refused is counted and told, and ends nothing.
// Tests: clients/cpp/tests/subscriber_test.cpp, tests/clients/test_cpp.py.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <zmq.hpp>

#include "connection.hpp"
#include "decode.hpp"
#include "errors.hpp"
#include "forms.hpp"
#include "model.hpp"

namespace supvisors::event {

// Derive from it and override what you want to hear.
class Listener {
public:
    Listener() = default;
    Listener(const Listener&) = default;
    Listener& operator=(const Listener&) = default;
    Listener(Listener&&) = default;
    Listener& operator=(Listener&&) = default;
    virtual ~Listener() = default;

    virtual void on_supvisors_status(const SupvisorsStatus& /*status*/) {}
    virtual void on_address_status(const AddressStatus& /*status*/) {}
    virtual void on_application_status(const ApplicationStatus& /*status*/) {}
    virtual void on_process_status(const ProcessStatus& /*status*/) {}
    virtual void on_process_event(const ProcessEvent& /*event*/) {}
};

// Calls the method of the listener that an event is for.
inline void dispatch(const Event& event, Listener& listener) {
    std::visit(
        overloaded{
            [&](const SupvisorsStatus& status) { listener.on_supvisors_status(status); },
            [&](const AddressStatus& status) { listener.on_address_status(status); },
            [&](const ApplicationStatus& status) { listener.on_application_status(status); },
            [&](const ProcessStatus& status) { listener.on_process_status(status); },
            [&](const ProcessEvent& happened) { listener.on_process_event(happened); },
        },
        event);
}

// Connected from its construction to its end. For one thread at a time, as its socket is; it
// starts no thread but the one of ZeroMQ's context. When the publisher restarts, the connection
// comes back by itself, and with it the subscriptions.
//
// Throws std::invalid_argument for a port, a host or a key that is none, and zmq::error_t for
// what ZeroMQ refuses.
class Subscriber {
public:
    using RefusedHandler = std::function<void(const WireError&)>;

    // Listens to the agent of this host. `port` is its option event_port.
    explicit Subscriber(int port) : Subscriber(std::string("127.0.0.1"), port) {}
    Subscriber(std::string host, int port) : Subscriber(options_of(std::move(host), port)) {}
    explicit Subscriber(const Options& options) : connection_(options) {}

    // ZeroMQ counts: what was subscribed twice is heard until it is unsubscribed twice.
    // unsubscribe_all takes back one subscribe_all, and no other subscription.
    void subscribe_all() { connection_.subscribe(""); }
    void subscribe_supvisors_status() { connection_.subscribe(header_of<SupvisorsStatus>); }
    void subscribe_address_status() { connection_.subscribe(header_of<AddressStatus>); }
    void subscribe_application_status() { connection_.subscribe(header_of<ApplicationStatus>); }
    void subscribe_process_status() { connection_.subscribe(header_of<ProcessStatus>); }
    void subscribe_process_event() { connection_.subscribe(header_of<ProcessEvent>); }

    void unsubscribe_all() { connection_.unsubscribe(""); }
    void unsubscribe_supvisors_status() { connection_.unsubscribe(header_of<SupvisorsStatus>); }
    void unsubscribe_address_status() { connection_.unsubscribe(header_of<AddressStatus>); }
    void unsubscribe_application_status() {
        connection_.unsubscribe(header_of<ApplicationStatus>);
    }
    void unsubscribe_process_status() { connection_.unsubscribe(header_of<ProcessStatus>); }
    void unsubscribe_process_event() { connection_.unsubscribe(header_of<ProcessEvent>); }

    // The next event. None when none came within `timeout` (0: look once; negative: wait for
    // ever), or when a signal was handled meanwhile, so that a loop can look at what it set.
    // Messages that are refused do not end the wait.
    [[nodiscard]] std::optional<Event> receive(std::chrono::milliseconds timeout) {
        const auto deadline = detail::deadline_after(timeout);
        while (const auto frames = connection_.receive(deadline)) {
            try {
                Event event = decode(*frames);
                ++received_;
                return event;
            } catch (const WireError& error) {
                ++refused_[static_cast<std::size_t>(error.reason())];
                if (handler_) {
                    handler_(error);
                }
            }
        }
        return std::nullopt;
    }

    // Calls the listener for each event, in this thread, until `is_over` says so: it is asked
    // after every event and at least every `listen_wait`. What the listener throws comes out of
    // here; call again to go on, nothing is lost.
    void listen(Listener& listener, const std::function<bool()>& is_over) {
        while (!is_over()) {
            if (const std::optional<Event> event = receive(listen_wait)) {
                dispatch(*event, listener);
            }
        }
    }
    static constexpr std::chrono::milliseconds listen_wait{500};

    // Whom to tell of a message that was dropped, in the thread that receives.
    void on_refused(RefusedHandler handler) { handler_ = std::move(handler); }

    // How many messages were received, and how many were dropped: in all, and for a reason.
    [[nodiscard]] std::uint64_t received() const noexcept { return received_; }
    [[nodiscard]] std::uint64_t refused() const noexcept {
        return std::accumulate(refused_.begin(), refused_.end(), std::uint64_t{0});
    }
    [[nodiscard]] std::uint64_t refused(Reason reason) const noexcept {
        return refused_[static_cast<std::size_t>(reason)];
    }

    // The SUB socket, to poll it beside others. Receive through `receive` alone; ZeroMQ tells
    // of its readiness once, so call receive(0ms) until it gives none.
    [[nodiscard]] zmq::socket_ref handle() noexcept { return connection_.handle(); }

private:
    static Options options_of(std::string host, int port) {
        Options options;
        options.host = std::move(host);
        options.port = port;
        return options;
    }

    detail::Connection connection_;
    RefusedHandler handler_;
    std::uint64_t received_ = 0;
    std::array<std::uint64_t, states<Reason>.size()> refused_{};
};

}  // namespace supvisors::event
