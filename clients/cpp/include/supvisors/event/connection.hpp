// The ZeroMQ socket of a client.
//
// Holds: Options, where to connect and how; Curve, the keys for another host; Connection, a
//     SUB socket that gives whole messages.
// Must not touch: what is in a message.
// Invariants: no thread but ZeroMQ's own; the socket is closed before its context is.
// Tests: clients/cpp/tests/subscriber_test.cpp.

#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <zmq.hpp>

namespace supvisors::event {

// The keys of a client on another host, each a text of 40 characters.
struct Curve {
    std::string server_key;  // public, of the host whose events are wanted: supvisors keys show
    std::string secret_key;  // our own; that host has to know the public one that belongs to it

    // The keys of a client whose secret one is in a file of `supvisors keys client make`.
    // Throws std::invalid_argument, naming the file, when it cannot be read or holds no key.
    [[nodiscard]] static Curve load(std::string server_key, const std::string& path) {
        std::string key;
        std::ifstream file(path);
        if (!(file >> key) || !is_key(key)) {
            throw std::invalid_argument(path + ": holds no key, which is 40 characters in Z85");
        }
        return {std::move(server_key), std::move(key)};
    }

    static constexpr std::size_t key_length = 40;

    [[nodiscard]] static bool is_key(const std::string& text) noexcept {
        std::array<std::uint8_t, key_length / 5 * 4> bytes{};
        return text.size() == key_length &&
               zmq_z85_decode(bytes.data(), text.c_str()) != nullptr;
    }
};

struct Options {
    std::string host = "127.0.0.1";      // a name, an IPv4 or an IPv6 address
    int port = 65002;                    // the option event_port of [supvisors]
    std::optional<Curve> curve;          // needed unless the host is this one
    int receive_high_water_mark = 100'000;  // messages that wait while you are busy
    zmq::context_t* context = nullptr;   // yours, which has to outlive the client; else our own
};

namespace detail {

// The endpoint of the options. Throws std::invalid_argument for what is no host or no port.
[[nodiscard]] inline std::string endpoint_of(const Options& options) {
    constexpr std::string_view allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:%-";
    if (options.port < 1 || options.port > std::numeric_limits<std::uint16_t>::max()) {
        throw std::invalid_argument("port must be in [1;65535], not " +
                                    std::to_string(options.port));
    }
    if (options.host.empty() ||
        options.host.find_first_not_of(allowed) != std::string::npos) {
        throw std::invalid_argument("host must be a name or an address, not '" + options.host +
                                    "'");
    }
    const bool is_ipv6 = options.host.find(':') != std::string::npos;
    const std::string host = is_ipv6 ? "[" + options.host + "]" : options.host;
    return "tcp://" + host + ":" + std::to_string(options.port);
}

class Connection {
public:
    using Clock = std::chrono::steady_clock;

    explicit Connection(const Options& options)
        : own_(options.context == nullptr ? std::make_unique<zmq::context_t>() : nullptr),
          socket_(own_ ? *own_ : *options.context, zmq::socket_type::sub) {
        configure(options);
        socket_.connect(endpoint_of(options));
    }
    ~Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    Connection(Connection&&) = default;
    Connection& operator=(Connection&& other) noexcept {
        socket_ = std::move(other.socket_);  // first: a context waits for its sockets
        own_ = std::move(other.own_);
        parts_ = std::move(other.parts_);
        return *this;
    }

    void subscribe(std::string_view topic) {
        socket_.set(zmq::sockopt::subscribe, zmq::buffer(topic));
    }
    void unsubscribe(std::string_view topic) {
        socket_.set(zmq::sockopt::unsubscribe, zmq::buffer(topic));
    }

    // All frames of the next message, valid until the next call; none when no message came until
    // the deadline (without one: for ever) or when a signal was handled meanwhile.
    [[nodiscard]] std::optional<std::vector<std::string_view>> receive(
        std::optional<Clock::time_point> deadline) {
        try {
            while (!take()) {
                const auto wait = remaining(deadline);
                zmq::pollitem_t item{socket_.handle(), 0, ZMQ_POLLIN, 0};
                if (zmq::poll(&item, 1, wait) == 0 && deadline && Clock::now() >= *deadline) {
                    return std::nullopt;
                }
            }
        } catch (const zmq::error_t& error) {
            if (error.num() != EINTR) {
                throw;
            }
            return std::nullopt;
        }
        std::vector<std::string_view> frames;
        frames.reserve(parts_.size());
        for (const zmq::message_t& part : parts_) {
            frames.push_back(part.to_string_view());
        }
        return frames;
    }

    [[nodiscard]] zmq::socket_ref handle() noexcept { return socket_; }

private:
    void configure(const Options& options) {
        socket_.set(zmq::sockopt::linger, 0);
        // The publisher speaks first 0.3 s after it opened its port: by then we are there.
        socket_.set(zmq::sockopt::reconnect_ivl, 50);
        // A host that vanished answers nothing, not even a refusal.
        socket_.set(zmq::sockopt::connect_timeout, 3'000);
        socket_.set(zmq::sockopt::heartbeat_ivl, 5'000);
        // Long, since a publisher that was only suspended loses nothing as long as we stay.
        socket_.set(zmq::sockopt::heartbeat_timeout, 30'000);
        socket_.set(zmq::sockopt::tcp_keepalive, 1);
        socket_.set(zmq::sockopt::rcvhwm, options.receive_high_water_mark);
        socket_.set(zmq::sockopt::ipv6, options.host.find(':') != std::string::npos);
        if (options.curve) {
            secure(*options.curve);
        }
    }

    void secure(const Curve& curve) {
        std::array<char, Curve::key_length + 1> own_public{};
        if (!Curve::is_key(curve.server_key) || !Curve::is_key(curve.secret_key) ||
            zmq_curve_public(own_public.data(), curve.secret_key.c_str()) != 0) {
            throw std::invalid_argument("a key of CURVE is 40 characters in Z85");
        }
        socket_.set(zmq::sockopt::curve_serverkey, curve.server_key);
        socket_.set(zmq::sockopt::curve_publickey, own_public.data());
        socket_.set(zmq::sockopt::curve_secretkey, curve.secret_key);
    }

    // Takes a message that is there already. ZeroMQ hands over all frames of one or none.
    bool take() {
        parts_.clear();
        do {
            parts_.emplace_back();
            if (!socket_.recv(parts_.back(), zmq::recv_flags::dontwait)) {
                parts_.clear();
                return false;
            }
        } while (parts_.back().more());
        return true;
    }

    static std::chrono::milliseconds remaining(std::optional<Clock::time_point> deadline) {
        if (!deadline) {
            return std::chrono::milliseconds(-1);
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now());
        return std::max(left, std::chrono::milliseconds(0));
    }

    std::unique_ptr<zmq::context_t> own_;
    zmq::socket_t socket_;
    std::vector<zmq::message_t> parts_;
};

// Until when to wait; a negative time-out waits for ever, as everywhere in ZeroMQ.
[[nodiscard]] inline std::optional<Connection::Clock::time_point> deadline_after(
    std::chrono::milliseconds timeout) {
    if (timeout.count() < 0) {
        return std::nullopt;
    }
    const auto now = Connection::Clock::now();
    const auto longest = Connection::Clock::time_point::max() - now;
    return timeout >= longest ? Connection::Clock::time_point::max() : now + timeout;
}

}  // namespace detail

}  // namespace supvisors::event
