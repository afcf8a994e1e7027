// Prints the state of the whole cluster, then every change of it, as one JSON object a line,
// until Ctrl-C. With a file for its cursor it begins with the events since it last ended, however
// it did: an event is printed before it is saved, so the last one may be printed twice.
//
// Usage: follow_cluster PORT [CURSOR_FILE] (the option event_port of the section [supvisors])

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <supvisors/event.hpp>
#include <variant>

namespace {

using namespace supvisors::event;

volatile std::sig_atomic_t interrupted = 0;

void interrupt(int /*signal*/) { interrupted = 1; }

std::optional<Cursor> saved_cursor(const std::string& path) {
    std::ifstream file(path);
    std::string text;
    return std::getline(file, text) ? std::make_optional(Cursor::decode(text)) : std::nullopt;
}

// Writes a file that is whole, whenever the program is killed.
void save(const std::optional<Cursor>& cursor, const std::string& path) {
    if (!cursor || path.empty()) {
        return;
    }
    const std::string whole = path + ".new";
    if (!(std::ofstream(whole) << cursor->encode() << std::endl) ||
        std::rename(whole.c_str(), path.c_str()) != 0) {
        throw std::runtime_error("cannot write " + path);
    }
}

// Whether the cursor is worth saving after this: it is behind an event, or what stands for some.
bool moves_cursor(const Happening& happening) {
    const auto* change = std::get_if<Change>(&happening);
    return std::holds_alternative<Joined>(happening) || std::holds_alternative<Gap>(happening) ||
           (change != nullptr && change->id);
}

void print(const Cluster& cluster) {
    const auto print_all = [](const auto& table) {
        for (const auto& [name, status] : table) {
            std::cout << to_line(Event{status}) << '\n';
        }
    };
    if (cluster.supvisors()) {
        std::cout << to_line(Event{*cluster.supvisors()}) << '\n';
    }
    print_all(cluster.addresses());
    print_all(cluster.applications());
    print_all(cluster.processes());
}

void follow(int port, const std::string& cursor_path) {
    Options options;
    options.port = port;
    Wish wish;
    wish.cursor = saved_cursor(cursor_path);
    SyncSubscriber subscriber(options, wish);
    while (interrupted == 0 && std::cout) {
        const auto happening = subscriber.receive(std::chrono::milliseconds(500));
        if (!happening) {
            continue;
        }
        std::cout << to_line(*happening) << '\n';
        if (std::holds_alternative<Joined>(*happening)) {
            print(subscriber.cluster());
        }
        std::cout << std::flush;
        if (moves_cursor(*happening)) {
            save(subscriber.cursor(), cursor_path);
        }
    }
}

}  // namespace

int main(int argc, char* argv[]) {
    if (argc != 2 && argc != 3) {
        std::cerr << "usage: follow_cluster PORT [CURSOR_FILE]\n";
        return 2;
    }
    std::signal(SIGINT, interrupt);
    std::signal(SIGTERM, interrupt);
    try {
        follow(std::atoi(argv[1]), argc == 3 ? argv[2] : "");
    } catch (const std::exception& error) {
        std::cerr << "follow_cluster: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
