// Receives messages and notes when: bare ZeroMQ, the plain and the synchronised client.
//
// Usage: receive raw|plain|sync PORT COUNT. It connects, waits for a line on standard input, then
// receives COUNT events and prints the time of each, in ns of the monotonic clock. bench/clients.py
// runs it.

#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>
#include <supvisors/event.hpp>
#include <variant>
#include <vector>
#include <zmq.hpp>

namespace {

using namespace supvisors::event;

constexpr std::chrono::milliseconds for_ever{-1};

std::int64_t now_ns() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

// Takes one event with each call of `receive` that gives true.
void measure(std::size_t count, const std::function<bool()>& receive) {
    std::string line;
    std::getline(std::cin, line);
    std::vector<std::int64_t> times{now_ns()};
    times.reserve(count + 1);
    while (times.size() <= count) {
        if (receive()) {
            times.push_back(now_ns());
        }
    }
    for (const std::int64_t time : times) {
        std::cout << time << '\n';
    }
}

Options options_for(int port) {
    Options options;
    options.port = port;
    options.receive_high_water_mark = 0;
    return options;
}

void measure_raw(int port, std::size_t count) {
    zmq::context_t context;
    zmq::socket_t socket(context, zmq::socket_type::sub);
    socket.set(zmq::sockopt::rcvhwm, 0);
    socket.set(zmq::sockopt::subscribe, "event");
    socket.connect("tcp://127.0.0.1:" + std::to_string(port));
    zmq::message_t header;
    zmq::message_t body;
    measure(count, [&] { return socket.recv(header).has_value() && socket.recv(body); });
}

void measure_plain(int port, std::size_t count) {
    Subscriber subscriber(options_for(port));
    subscriber.subscribe_process_event();
    measure(count, [&] { return subscriber.receive(for_ever).has_value(); });
}

void measure_sync(int port, std::size_t count) {
    Wish wish;
    wish.headers = {"event"};
    SyncSubscriber subscriber(options_for(port), wish);
    static_cast<void>(subscriber.receive(for_ever));  // Joined
    measure(count, [&] { return subscriber.receive(for_ever).has_value(); });
}

}  // namespace

int main(int argc, char* argv[]) {
    if (argc != 4) {
        std::cerr << "usage: receive raw|plain|sync PORT COUNT\n";
        return 2;
    }
    const std::string mode = argv[1];
    const int port = std::atoi(argv[2]);
    const auto count = static_cast<std::size_t>(std::atoll(argv[3]));
    if (mode == "raw") {
        measure_raw(port, count);
    } else if (mode == "plain") {
        measure_plain(port, count);
    } else {
        measure_sync(port, count);
    }
    return 0;
}
