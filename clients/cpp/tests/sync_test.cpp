// The synchroniser: every transcript of wire/vectors/sync/, and what they do not reach.

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <supvisors/event.hpp>
#include <vector>

#include "sync_json.hpp"
#include "vectors.hpp"

namespace {

using nlohmann::json;
using namespace supvisors::event;
using namespace sync_json;

Wish wish_of(const json& transcript) {
    Wish wish;
    wish.client = transcript["client"].get<std::string>();
    wish.headers = transcript["headers"].get<std::vector<std::string>>();
    if (!transcript["cursor"].is_null()) {
        wish.cursor = Cursor::decode(transcript["cursor"].dump());
    }
    if (!transcript["since_ms"].is_null()) {
        wish.since_ms = transcript["since_ms"].get<std::int64_t>();
    }
    return wish;
}

std::vector<std::string> frames_of(const json& message) {
    std::vector<std::string> frames;
    for (const json& frame : message) {
        frames.push_back(frame.contains("text") ? frame["text"].get<std::string>()
                                                : frame["json"].dump());
    }
    return frames;
}

// One transcript, step by step.
class Run {
public:
    explicit Run(const json& transcript) : machine_(wish_of(transcript)) {}

    json step(const json& told) {
        const Instant now(told["at"].get<double>());
        Outputs outputs;
        int refused = 0;
        if (!std::exchange(has_started_, true)) {
            outputs = machine_.start(now);
        } else if (told["in"].empty()) {
            outputs = machine_.wake(now);
        }
        for (const json& message : told["in"]) {
            const std::vector<std::string> frames = frames_of(message);
            try {
                detail::append(outputs, machine_.receive(now, vectors::views(frames)));
            } catch (const WireError&) {
                ++refused;
            }
        }
        json out = json::array();
        for (const Output& output : outputs) {
            out.push_back(of_output(output));
            check_line(output);
        }
        const auto deadline = machine_.deadline();
        return {{"out", out},
                {"refused", refused},
                {"deadline", deadline ? json(deadline->count()) : json()},
                {"cursor", of_cursor(machine_.cursor())},
                {"mirror", of_mirror(machine_.cluster())}};
    }

private:
    // What is told can be printed as it stands in a transcript.
    static void check_line(const Output& output) {
        std::visit(overloaded{
                       [](const Subscribe&) {},
                       [](const Unsubscribe&) {},
                       [&](const auto& happening) {
                           CHECK(json::parse(to_line(Happening{happening})) == of_output(output));
                       },
                   },
                   output);
    }

    Synchroniser machine_;
    bool has_started_ = false;
};

Wish named(const std::string& name) {
    Wish wish;
    wish.client = name;
    return wish;
}

}  // namespace

TEST_CASE("a transcript gives what it says") {
    std::size_t count = 0;
    for (const auto& path : vectors::files_of(vectors::wire / "vectors" / "sync")) {
        ++count;
        CAPTURE(path.stem().string());
        const json transcript = vectors::load(path);
        Run run(transcript);
        for (const json& step : transcript["steps"]) {
            CAPTURE(step["comment"]);
            const json found = run.step(step);
            for (const auto& item : found.items()) {
                if (step.contains(item.key())) {
                    CAPTURE(item.key());
                    CHECK(item.value() == step[item.key()]);
                }
            }
        }
    }
    CHECK(count > 0);
}

TEST_CASE("the transcripts reach every output") {
    std::set<std::string> reached;
    for (const auto& path : vectors::files_of(vectors::wire / "vectors" / "sync")) {
        const json transcript = vectors::load(path);
        for (const json& step : transcript["steps"]) {
            for (const json& output : step["out"]) {
                for (const auto& item : output.items()) {
                    reached.insert(item.key());
                }
            }
        }
    }
    const std::set<std::string> known{"subscribe", "unsubscribe", "joined", "status", "body",
                                      "facts",     "t",           "event",  "id",     "removed",
                                      "gap"};
    CHECK(reached == known);
}

TEST_CASE("a message of dialect 2 is read, or refused for its reason") {
    std::size_t count = 0;
    for (const auto& path : vectors::files_of(vectors::wire / "vectors" / "dialect2")) {
        const vectors::Json content = vectors::load(path);
        for (const vectors::Json& one : content["cases"]) {
            ++count;
            CAPTURE(one["id"]);
            std::vector<std::string> frames;
            for (const vectors::Json& frame : one["frames"]) {
                frames.push_back(vectors::frame_of(frame));
            }
            std::string reason;
            try {
                const detail::Message message = detail::decode_sync(vectors::views(frames));
                CHECK(of_message(message) == json(one.value("decoded", vectors::Json{})));
            } catch (const WireError& error) {
                reason = to_string(error.reason());
            }
            CHECK(reason == one.value("reason", ""));
        }
    }
    CHECK(count > 0);
}

TEST_CASE("a cursor is read again, and nothing else is") {
    Cursor cursor{"j1", 7, {{"alpha", {{"b2", 3}, {"b1", 9}}}, {"beta", {}}}};
    const std::string text_before =
        R"({"journal":"j1","seq":7,"high":{"alpha":[["b2",3],["b1",9]],"beta":[]}})";
    CHECK(cursor.encode() == text_before);
    CHECK(Cursor::decode(text_before).encode() == text_before);
    CHECK_FALSE(Cursor::decode(text_before).told);
    cursor.told = 9;
    CHECK(Cursor::decode(cursor.encode()).told == 9);
    CHECK(Cursor::decode(cursor.encode()).encode() == cursor.encode());
    CHECK_FALSE(Cursor::decode(R"({"journal":"j","seq":1,"high":{},"told":null})").told);
    for (const std::string text :
         {"", "x", "[]", "{}", R"({"journal":"j","seq":1})", R"({"journal":"","seq":1,"high":{}})",
          R"({"journal":"j","seq":-1,"high":{}})", R"({"journal":"j","seq":1,"high":[]})",
          R"({"journal":"j","seq":1,"high":{"a":null}})",
          R"({"journal":"j","seq":1,"high":{"a":[["b"]]}})",
          R"({"journal":"j","seq":1,"high":{"a":[["b",-1]]}})",
          R"({"journal":"j","seq":1,"high":{"a":[[1,1]]}})",
          R"({"journal":"j","seq":1,"high":{},"told":-1})",
          R"({"journal":"j","seq":1,"high":{},"told":9007199254740992})",
          R"({"journal":"j","seq":1,"high":{},"told":"2"})", "\xFF"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(static_cast<void>(Cursor::decode(text)), std::invalid_argument);
    }
}

TEST_CASE("what was told stays ahead of a position that moves on, and of no other") {
    using detail::Place;
    using detail::Position;
    const Cursor cursor{"j1", 10, {}, 14};
    const auto told_after = [&](const std::optional<Position>& position) {
        Place place(cursor);
        place.move(position);
        return place.told();
    };
    CHECK(told_after(Position{"j1", 10}) == 14);
    CHECK(told_after(Position{"j1", 12}) == 14);
    CHECK(told_after(Position{"j1", 15}) == 15);
    CHECK(told_after(Position{"j1", 9}) == 9);
    CHECK(told_after(Position{"j2", 12}) == 12);
    CHECK(told_after(std::nullopt) == 0);
    CHECK(Place(Cursor{"j1", 10, {}, 3}).told() == 10);
}

TEST_CASE("a record that is told moves what was told, and not the position") {
    const detail::High high;
    detail::Place place(std::nullopt);
    place.tell(7);
    CHECK(place.told() == 0);
    CHECK_FALSE(place.cursor(high));
    place.move(detail::Position{"j1", 10});
    CHECK_FALSE(place.cursor(high)->told);
    place.tell(12);
    place.tell(11);
    place.tell(std::nullopt);
    CHECK(place.cursor(high)->seq == 10);
    CHECK(place.cursor(high)->told == 12);
}

TEST_CASE("a wish that makes no sense is refused") {
    std::vector<Wish> wishes(7, named("c"));
    wishes[0].headers = {};
    wishes[1].headers = {"process", "nonsense"};
    wishes[2].client = "a b";
    wishes[3].client = std::string(33, 'a');
    wishes[4].cursor = Cursor{"j", 1, {}};
    wishes[4].since_ms = 1;
    wishes[5].headers = {"process"};
    wishes[5].cursor = Cursor{"j", 1, {}};
    wishes[6].since_ms = -1;
    for (const Wish& wish : wishes) {
        CHECK_THROWS_AS(Synchroniser{wish}, std::invalid_argument);
    }
}

TEST_CASE("a topic is a request only as it is spelt") {
    using detail::parse_request;
    using detail::RequestKind;
    const auto kind = [](const std::string& rest) { return parse_request('\1' + rest); };
    CHECK(kind("snap|c-_9|0|supvisors") == RequestKind::snapshot);
    CHECK(kind("snap|c|7|address,process,event") == RequestKind::snapshot);
    CHECK(kind("replay|c|3|j1|0") == RequestKind::replay);
    CHECK(kind("replay|c|3|j1|9007199254740991") == RequestKind::replay);
    CHECK(kind("replay|c|3|*|t1700000000000") == RequestKind::replay);
    for (const std::string rest :
         {"", "snap", "snap|", "snap|c|0", "snap|c|0|", "snap|c|8|process", "snap|c|00|process",
          "snap|c||process", "snap||0|process", "snap|c|0|process,address", "snap|c|0|,process",
          "snap|c|0|process,process", "snap|c|0|process,", "snap|c|0|weather",
          "snap|c|0|process|x", "replay|c|3|j1|00", "replay|c|3|j1|01", "replay|c|3|j1|",
          "replay|c|3|j1|-1", "replay|c|3|*|1", "replay|c|3|j1|t1", "replay|c|3||1",
          "replay|c|3|j1|9007199254740992", "replay|c|3|j1|99999999999999999999"}) {
        CAPTURE(rest);
        CHECK(kind(rest) == RequestKind::none);
    }
    CHECK(parse_request("snap|c|0|process") == RequestKind::none);
    CHECK(kind("replay|" + std::string(32, 'c') + "|3|" + std::string(200, 'j') + "|1") ==
          RequestKind::none);
}
