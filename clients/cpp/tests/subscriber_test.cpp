// The subscriber over real sockets.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <supvisors/event.hpp>
#include <sys/time.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "publisher.hpp"
#include "vectors.hpp"

namespace {

using namespace std::chrono_literals;
using namespace supvisors::event;
using vectors::Case;

const std::string subscribed(1, '\1');
const std::string unsubscribed(1, '\0');
const std::vector<std::string> operation{"supvisors",
                                         R"({"statecode":2,"statename":"OPERATION"})"};
constexpr auto patience = 30s;

Event next(Subscriber& subscriber) {
    std::optional<Event> event = subscriber.receive(patience);
    REQUIRE(event);
    return *event;
}

}  // namespace

TEST_CASE("all valid vectors arrive, in order, and all invalid ones are counted and told") {
    Publisher publisher;
    Subscriber subscriber(publisher.port());
    std::vector<std::string> told;
    subscriber.on_refused(
        [&](const WireError& error) { told.emplace_back(to_string(error.reason())); });
    subscriber.subscribe_all();
    REQUIRE(publisher.next_subscription() == subscribed);
    std::vector<std::string> reasons;
    std::uint64_t valid = 0;
    for (const Case& one : vectors::cases()) {
        if (one.frames.empty()) {
            continue;  // ZeroMQ cannot send it
        }
        publisher.send(one.frames);
        if (one.valid) {
            ++valid;
            CHECK(next(subscriber) == decode(vectors::views(one.frames)));
        } else {
            reasons.push_back(one.reason);
        }
    }
    publisher.send(operation);
    CHECK(next(subscriber) == Event{SupvisorsStatus{SupvisorsState::operation}});
    CHECK(told == reasons);
    CHECK(subscriber.received() == valid + 1);
    CHECK(subscriber.refused() == reasons.size());
    CHECK(subscriber.refused(Reason::frame_count) ==
          static_cast<std::uint64_t>(std::count(reasons.begin(), reasons.end(), "frame_count")));
}

TEST_CASE("each kind is subscribed to by its header, and unsubscribed from") {
    Publisher publisher;
    Subscriber subscriber("localhost", publisher.port());
    using Method = void (Subscriber::*)();
    const std::vector<std::pair<std::string, std::pair<Method, Method>>> kinds{
        {"", {&Subscriber::subscribe_all, &Subscriber::unsubscribe_all}},
        {"supvisors",
         {&Subscriber::subscribe_supvisors_status, &Subscriber::unsubscribe_supvisors_status}},
        {"address",
         {&Subscriber::subscribe_address_status, &Subscriber::unsubscribe_address_status}},
        {"application",
         {&Subscriber::subscribe_application_status, &Subscriber::unsubscribe_application_status}},
        {"process",
         {&Subscriber::subscribe_process_status, &Subscriber::unsubscribe_process_status}},
        {"event", {&Subscriber::subscribe_process_event, &Subscriber::unsubscribe_process_event}},
    };
    for (const auto& [prefix, methods] : kinds) {
        (subscriber.*methods.first)();
        CHECK(publisher.next_subscription() == subscribed + prefix);
        (subscriber.*methods.second)();
        CHECK(publisher.next_subscription() == unsubscribed + prefix);
    }
}

TEST_CASE("receive gives up in time, and only then") {
    Publisher publisher;
    Subscriber subscriber(publisher.port());
    CHECK_FALSE(subscriber.receive(0ms));
    const auto start = std::chrono::steady_clock::now();
    CHECK_FALSE(subscriber.receive(50ms));
    CHECK(std::chrono::steady_clock::now() - start >= 50ms);
}

TEST_CASE("a signal ends the wait") {
    static_assert(noexcept(std::declval<Subscriber&>().received()));
    Subscriber subscriber(Publisher().port());
    std::signal(SIGALRM, [](int) {});
    // Again and again, should the first one come before the wait.
    itimerval often{{0, 20'000}, {0, 20'000}};
    setitimer(ITIMER_REAL, &often, nullptr);
    const auto start = std::chrono::steady_clock::now();
    CHECK_FALSE(subscriber.receive(std::chrono::milliseconds(-1)));
    CHECK(std::chrono::steady_clock::now() - start < patience);
    const itimerval never{};
    setitimer(ITIMER_REAL, &never, nullptr);
}

TEST_CASE("the connection comes back with its subscriptions") {
    auto publisher = std::make_optional<Publisher>();
    const int port = publisher->port();
    Subscriber subscriber(port);
    subscriber.subscribe_supvisors_status();
    REQUIRE(publisher->next_subscription() == subscribed + "supvisors");
    publisher.reset();
    publisher.emplace(port);
    std::optional<std::string> renewed;  // ZeroMQ renews it while its owner waits
    for (int round = 0; !renewed && round < 3'000; ++round) {
        CHECK_FALSE(subscriber.receive(10ms));
        renewed = publisher->subscription();
    }
    REQUIRE(renewed == subscribed + "supvisors");
    publisher->send(operation);
    CHECK(next(subscriber) == Event{SupvisorsStatus{SupvisorsState::operation}});
}

TEST_CASE("a listener is called for each kind until it is over") {
    struct Counting : Listener {
        std::string heard;
        void on_supvisors_status(const SupvisorsStatus&) override { heard += 's'; }
        void on_address_status(const AddressStatus&) override { heard += 'a'; }
        void on_application_status(const ApplicationStatus&) override { heard += 'g'; }
        void on_process_status(const ProcessStatus&) override { heard += 'p'; }
        void on_process_event(const ProcessEvent&) override { heard += 'e'; }
    };
    Publisher publisher;
    Subscriber subscriber(publisher.port());
    subscriber.subscribe_all();
    REQUIRE(publisher.next_subscription() == subscribed);
    for (const std::string id : {"event-state-running", "process-state-running",
                                 "application-state-running", "address-state-running",
                                 "supvisors-state-operation"}) {
        for (const Case& one : vectors::cases()) {
            if (one.id == id) {
                publisher.send(one.frames);
            }
        }
    }
    Counting counting;
    subscriber.listen(counting, [&] { return counting.heard.size() == 5; });
    CHECK(counting.heard == "epgas");
    Listener deaf;
    publisher.send(operation);
    subscriber.listen(deaf, [&] { return subscriber.received() == 6; });
}

TEST_CASE("what a listener throws comes out, and the next call goes on") {
    struct Throwing : Listener {
        int calls = 0;
        void on_supvisors_status(const SupvisorsStatus&) override {
            if (++calls == 1) {
                throw std::domain_error("mine");
            }
        }
    };
    Publisher publisher;
    Subscriber subscriber(publisher.port());
    subscriber.subscribe_all();
    REQUIRE(publisher.next_subscription() == subscribed);
    publisher.send(operation);
    publisher.send(operation);
    Throwing throwing;
    const auto twice = [&] { return throwing.calls == 2; };
    CHECK_THROWS_AS(subscriber.listen(throwing, twice), std::domain_error);
    subscriber.listen(throwing, twice);
    CHECK(subscriber.received() == 2);
}

TEST_CASE("a subscriber can be moved, and assigned over a living one") {
    Publisher publisher;
    Subscriber first(publisher.port());
    first.subscribe_all();
    REQUIRE(publisher.next_subscription() == subscribed);
    Subscriber second(std::move(first));
    Subscriber third(publisher.port());
    third = std::move(second);
    publisher.send(operation);
    CHECK(next(third) == Event{SupvisorsStatus{SupvisorsState::operation}});
}

TEST_CASE("a context can be the caller's, who keeps it") {
    Publisher publisher;
    zmq::context_t context;
    Options options;
    options.port = publisher.port();
    options.context = &context;
    {
        Subscriber subscriber(options);
        subscriber.subscribe_all();
        REQUIRE(publisher.next_subscription() == subscribed);
        publisher.send(operation);
        CHECK(next(subscriber) == Event{SupvisorsStatus{SupvisorsState::operation}});
        context.shutdown();
        CHECK_THROWS_AS(static_cast<void>(subscriber.receive(patience)), zmq::error_t);
    }
    context.close();  // hangs if a socket was left open
}

TEST_CASE("a port, a host or a key that is none is refused at once") {
    for (const int port : {0, -1, 65536, 125'538}) {
        CHECK_THROWS_AS(Subscriber{port}, std::invalid_argument);
    }
    for (const std::string host : {"", "a b", "tcp://alpha", "alpha/beta", "*"}) {
        CHECK_THROWS_AS((Subscriber{host, 60002}), std::invalid_argument);
    }
    Subscriber ipv6("::1", 60002);
    CHECK(ipv6.handle().get(zmq::sockopt::last_endpoint) == "tcp://[::1]:60002");
    Options options;
    options.curve = Curve{"short", std::string(Curve::key_length, 'a')};
    CHECK_THROWS_AS(Subscriber{options}, std::invalid_argument);
    options.curve = Curve{std::string(Curve::key_length, 'a'), "short"};
    CHECK_THROWS_AS(Subscriber{options}, std::invalid_argument);
    CHECK_THROWS_AS(static_cast<void>(Curve::load("x", "nowhere")), std::invalid_argument);
    CHECK_THROWS_AS(static_cast<void>(Curve::load("x", __FILE__)), std::invalid_argument);
}

TEST_CASE("with keys events come from the host that has the right one, and from no other") {
    struct Pair {
        std::array<char, Curve::key_length + 1> public_key{};
        std::array<char, Curve::key_length + 1> secret_key{};
        Pair() { REQUIRE(zmq_curve_keypair(public_key.data(), secret_key.data()) == 0); }
    };
    const Pair server;
    const Pair client;
    const auto path = std::filesystem::temp_directory_path() /
                      ("supvisors-" + std::to_string(getpid()) + ".key");
    std::ofstream(path) << client.secret_key.data() << '\n';
    Publisher publisher(0, server.secret_key.data());
    Options options;
    options.port = publisher.port();

    options.curve = Curve::load(client.public_key.data(), path);  // not the server's
    std::optional<Subscriber> wrong(options);
    wrong->subscribe_all();
    CHECK_FALSE(wrong->receive(300ms));
    CHECK_FALSE(publisher.subscription());
    wrong.reset();

    options.curve = Curve::load(server.public_key.data(), path);
    Subscriber right(options);
    right.subscribe_all();
    REQUIRE(publisher.next_subscription() == subscribed);
    publisher.send(operation);
    CHECK(next(right) == Event{SupvisorsStatus{SupvisorsState::operation}});
    std::filesystem::remove(path);
}
