// The synchronised subscriber over real sockets.

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <supvisors/event.hpp>
#include <utility>
#include <variant>
#include <vector>

#include "publisher.hpp"
#include "sync_json.hpp"
#include "vectors.hpp"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using namespace supvisors::event;
using namespace sync_json;

constexpr auto patience = 30s;

// What an agent publishes, with numbers of its own.
class Agent {
public:
    explicit Agent(std::string stream) : stream_(std::move(stream)) {}

    Publisher publisher;

    [[nodiscard]] int port() const { return publisher.port(); }

    // Reads subscriptions until one begins like this; gives its topic.
    std::string asked(const std::string& begin) {
        while (true) {
            const std::string subscription = publisher.next_subscription();
            REQUIRE_FALSE(subscription.empty());
            if (subscription.rfind("\1\1" + begin, 0) == 0) {
                return subscription.substr(1);
            }
        }
    }

    void answer_snapshot(const std::string& topic, const json& processes) {
        publisher.send({topic, stand().dump(), json{{"process", processes}}.dump()});
    }

    void beat() { publisher.send({"\1beat", stand().dump()}); }

    void tell_process(const std::string& name, int code, const std::string& state) {
        json meta = next("process");
        meta["facts"] = nullptr;
        publisher.send({"\1process", meta.dump(), process(name, code, state).dump()});
    }

    void tell_event(const std::string& name) {
        json meta = next("event");
        meta["id"] = {"alpha", "b1", ++journal_};
        meta["record"] = journal_;
        publisher.send({"\1event", meta.dump(), event(name).dump()});
    }

    // An event that the journal has and the client does not get.
    void lose_event() {
        static_cast<void>(next("event"));
        ++journal_;
    }

    // All records from one on, as the last page.
    void answer_replay(const std::string& topic, std::int64_t first) {
        json records = json::array();
        for (std::int64_t seq = first; seq <= journal_; ++seq) {
            records.push_back({{"seq", seq},
                               {"t", 1},
                               {"id", {"alpha", "b1", seq}},
                               {"facts", nullptr},
                               {"body", event("p" + std::to_string(seq))}});
        }
        json meta = stand();
        meta["live_from"] = seqs_["event"].get<std::int64_t>() + 1;
        publisher.send({topic, meta.dump(), records.dump()});
    }

    static json process(const std::string& name, int code, const std::string& state) {
        return {{"application_name", "web"}, {"process_name", name}, {"statecode", code},
                {"statename", state},        {"expected_exit", true}, {"last_event_time", 1},
                {"addresses", json::array()}};
    }

    static json item(const json& body) { return {{"body", body}, {"facts", nullptr}}; }

private:
    json next(const std::string& name) {
        seqs_[name] = seqs_[name].get<std::int64_t>() + 1;
        return {{"v", 2}, {"stream", stream_}, {"seq", seqs_[name]}, {"t", 1}};
    }

    json stand() const {
        return {{"v", 2},
                {"stream", stream_},
                {"t", 1},
                {"seqs", seqs_},
                {"journal", {{"id", "j1"}, {"seq", journal_}}}};
    }

    static json event(const std::string& name) {
        return {{"group", "web"}, {"name", name}, {"state", 0},          {"expected", true},
                {"now", 1},       {"pid", 0},     {"address", "alpha"}};
    }

    std::string stream_;
    json seqs_{{"supvisors", 0}, {"address", 0}, {"application", 0},
               {"process", 0},   {"event", 0},   {"removed", 0}};
    std::int64_t journal_ = 0;
};

Options options_for(const Agent& agent) {
    Options options;
    options.port = agent.port();
    return options;
}

json next(SyncSubscriber& subscriber) {
    const auto happening = subscriber.receive(patience);
    REQUIRE(happening);
    return json::parse(to_line(*happening));
}

const json joined{{"joined", true}};

}  // namespace

TEST_CASE("first the state, then every change") {
    Agent agent("s1");
    SyncSubscriber subscriber(options_for(agent));
    agent.answer_snapshot(agent.asked("snap|"),
                          json::array({Agent::item(Agent::process("nginx", 0, "STOPPED"))}));
    CHECK(next(subscriber) == joined);
    CHECK(subscriber.cluster().processes().at("web:nginx").state == ProcessState::stopped);
    agent.tell_process("nginx", 20, "RUNNING");
    CHECK(next(subscriber)["body"]["statename"] == "RUNNING");
    CHECK(subscriber.cluster().processes().at("web:nginx").state == ProcessState::running);
}

TEST_CASE("an answer that does not come is asked for again") {
    Agent agent("s1");
    SyncSubscriber subscriber(options_for(agent));
    const std::string first = agent.asked("snap|");
    CHECK_FALSE(subscriber.receive(1200ms));
    const std::string second = agent.asked("snap|");
    CHECK(first != second);
    agent.answer_snapshot(second, json::array());
    CHECK(next(subscriber) == joined);
}

TEST_CASE("what is malformed is counted and told, and ends nothing") {
    Agent agent("s1");
    SyncSubscriber subscriber(options_for(agent));
    std::vector<std::string> told;
    subscriber.on_refused(
        [&](const WireError& error) { told.emplace_back(to_string(error.reason())); });
    const std::string topic = agent.asked("snap|");
    agent.publisher.send({"\1beat", "{}"});
    agent.publisher.send({"\1beat"});
    agent.answer_snapshot(topic, json::array());
    CHECK(next(subscriber) == joined);
    CHECK(told == std::vector<std::string>{"bad_meta", "frame_count"});
    CHECK(subscriber.refused() == 2);
}

TEST_CASE("an event that is lost is had from the journal") {
    Agent agent("s1");
    SyncSubscriber subscriber(options_for(agent));
    agent.answer_snapshot(agent.asked("snap|"), json::array());
    CHECK(next(subscriber) == joined);
    agent.lose_event();
    agent.tell_event("p2");
    CHECK_FALSE(subscriber.receive(300ms));
    agent.answer_replay(agent.asked("replay|"), 1);
    CHECK(next(subscriber)["event"]["name"] == "p1");
    CHECK(next(subscriber)["event"]["name"] == "p2");
}

TEST_CASE("the cursor holds what was handed out, and another client goes on from it") {
    Agent agent("s1");
    std::optional<Cursor> cursor;
    {
        SyncSubscriber subscriber(options_for(agent));
        agent.answer_snapshot(agent.asked("snap|"), json::array());
        CHECK_FALSE(subscriber.cursor());
        CHECK(next(subscriber) == joined);
        agent.lose_event();
        agent.lose_event();
        agent.lose_event();
        agent.beat();
        CHECK_FALSE(subscriber.receive(300ms));
        agent.answer_replay(agent.asked("replay|"), 1);
        CHECK(next(subscriber)["event"]["name"] == "p1");
        cursor = subscriber.cursor();  // two more wait inside
    }
    REQUIRE(cursor);
    CHECK(of_cursor(cursor) ==
          json::parse(R"({"journal": "j1", "seq": 0, "high": {"alpha": [["b1", 1]]}, "told": 1})"));
    Wish wish;
    wish.cursor = Cursor::decode(cursor->encode());
    SyncSubscriber subscriber(options_for(agent), wish);
    CHECK(of_cursor(subscriber.cursor()) == of_cursor(cursor));
    agent.answer_snapshot(agent.asked("snap|"), json::array());
    CHECK(next(subscriber) == joined);
    agent.answer_replay(agent.asked("replay|"), 1);
    CHECK(next(subscriber)["event"]["name"] == "p2");
    CHECK(next(subscriber)["event"]["name"] == "p3");
    CHECK_FALSE(subscriber.receive(100ms));
}

TEST_CASE("the cursor is ahead of the position by live events, until a beat says they are safe") {
    Agent agent("s1");
    SyncSubscriber subscriber(options_for(agent));
    agent.answer_snapshot(agent.asked("snap|"), json::array());
    CHECK(next(subscriber) == joined);
    const auto numbers = [&] {
        const std::optional<Cursor> cursor = subscriber.cursor();
        REQUIRE(cursor);
        return std::pair(cursor->seq, cursor->told);
    };
    const auto none = std::optional<std::int64_t>();
    CHECK(numbers() == std::pair(std::int64_t{0}, none));
    agent.tell_event("p1");
    agent.tell_event("p2");
    CHECK(next(subscriber)["event"]["name"] == "p1");
    CHECK(numbers() == std::pair(std::int64_t{0}, std::make_optional<std::int64_t>(1)));
    CHECK(next(subscriber)["event"]["name"] == "p2");
    CHECK(numbers() == std::pair(std::int64_t{0}, std::make_optional<std::int64_t>(2)));
    agent.beat();
    CHECK_FALSE(subscriber.receive(300ms));
    CHECK(numbers() == std::pair(std::int64_t{2}, none));
}

TEST_CASE("a client keeps its name, or is given one of its own") {
    const auto name_in = [](Agent& agent) {
        const std::string topic = agent.asked("snap|");
        return topic.substr(6, topic.find('|', 6) - 6);
    };
    Agent agent("s1");
    std::set<std::string> names;
    for (int client = 0; client < 3; ++client) {
        SyncSubscriber subscriber(options_for(agent));
        names.insert(name_in(agent));
    }
    CHECK(names.size() == 3);
    Wish wish;
    wish.client = "mine";
    SyncSubscriber subscriber(options_for(agent), wish);
    CHECK(name_in(agent) == "mine");
}

TEST_CASE("a synchronised subscriber can be moved") {
    Agent agent("s1");
    SyncSubscriber first(options_for(agent));
    SyncSubscriber second(std::move(first));
    agent.answer_snapshot(agent.asked("snap|"), json::array());
    CHECK(next(second) == joined);
    CHECK_FALSE(second.receive(0ms));
}
