// Prints every event as one JSON object a line, until Ctrl-C.
//
// Usage: print_events PORT [HOST] (the option event_port of the section [supvisors])

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <supvisors/event.hpp>

namespace {

volatile std::sig_atomic_t interrupted = 0;

void interrupt(int /*signal*/) { interrupted = 1; }

void print_until_interrupted(const std::string& host, int port) {
    supvisors::event::Subscriber subscriber(host, port);
    subscriber.subscribe_all();
    subscriber.on_refused([](const supvisors::event::WireError& error) {
        std::cerr << "left out a malformed message: " << error.what() << '\n';
    });
    while (interrupted == 0 && std::cout) {
        if (const auto event = subscriber.receive(std::chrono::milliseconds(500))) {
            std::cout << supvisors::event::to_line(*event) << std::endl;
        }
    }
}

}  // namespace

int main(int argc, char* argv[]) {
    if (argc != 2 && argc != 3) {
        std::cerr << "usage: print_events PORT [HOST]\n";
        return 2;
    }
    std::signal(SIGINT, interrupt);
    std::signal(SIGTERM, interrupt);
    try {
        print_until_interrupted(argc == 3 ? argv[2] : "127.0.0.1", std::atoi(argv[1]));
    } catch (const std::exception& error) {
        std::cerr << "print_events: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
