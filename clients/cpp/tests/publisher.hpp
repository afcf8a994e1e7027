// A publisher on a free port of loopback, which hears who subscribes to what: no test has to
// wait for a subscription by guess.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include <zmq.hpp>

class Publisher {
public:
    // With a secret key it speaks with those alone who know the public one.
    explicit Publisher(int port = 0, const std::string& secret_key = {}) {
        if (!secret_key.empty()) {
            socket_.set(zmq::sockopt::curve_server, true);
            socket_.set(zmq::sockopt::curve_secretkey, secret_key);
        }
        socket_.set(zmq::sockopt::linger, 0);
        socket_.set(zmq::sockopt::rcvtimeo, patience_ms);
        socket_.set(zmq::sockopt::sndtimeo, patience_ms);
        socket_.set(zmq::sockopt::xpub_nodrop, true);
        socket_.bind("tcp://127.0.0.1:" + (port == 0 ? "*" : std::to_string(port)));
        const std::string endpoint = socket_.get(zmq::sockopt::last_endpoint);
        port_ = std::stoi(endpoint.substr(endpoint.rfind(':') + 1));
    }

    [[nodiscard]] int port() const { return port_; }

    // What a subscriber asked for next: byte 1 or 0, and the prefix. Empty when nobody did.
    [[nodiscard]] std::string next_subscription() {
        zmq::message_t message;
        return socket_.recv(message) ? message.to_string() : std::string{};
    }

    // The same, of those who asked already.
    [[nodiscard]] std::optional<std::string> subscription() {
        zmq::message_t message;
        const bool is_there = socket_.recv(message, zmq::recv_flags::dontwait).has_value();
        return is_there ? std::make_optional(message.to_string()) : std::nullopt;
    }

    void send(const std::vector<std::string>& frames) {
        for (std::size_t index = 0; index < frames.size(); ++index) {
            const bool is_last = index + 1 == frames.size();
            const auto flag = is_last ? zmq::send_flags::none : zmq::send_flags::sndmore;
            if (!socket_.send(zmq::buffer(frames[index]), flag)) {
                throw zmq::error_t();
            }
        }
    }

private:
    static constexpr int patience_ms = 30'000;

    zmq::context_t context_;
    zmq::socket_t socket_{context_, zmq::socket_type::xpub};
    int port_ = 0;
};
