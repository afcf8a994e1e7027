// Every vector against the decoder, and back.

#include <doctest/doctest.h>

#include <optional>
#include <random>
#include <string>
#include <supvisors/event.hpp>
#include <variant>

#include "vectors.hpp"

namespace {

using namespace supvisors::event;
using vectors::Case;
using vectors::Json;

// Name of the reason for which frames are refused; empty when they are not.
std::string refusal(const std::vector<std::string>& frames) {
    try {
        static_cast<void>(decode(vectors::views(frames)));
    } catch (const WireError& error) {
        CHECK(std::string_view(error.what()).size() > to_string(error.reason()).size());
        return std::string(to_string(error.reason()));
    }
    return {};
}

std::string body_of(const Event& event) {
    return std::visit([](const auto& body) { return to_json(body); }, event);
}

}  // namespace

TEST_CASE("what is valid is decoded") {
    for (const Case& one : vectors::cases()) {
        if (one.valid) {
            CAPTURE(one.id);
            const Event event = decode(vectors::views(one.frames));
            CHECK(Json(Json::parse(body_of(event))) == one.decoded);
            const Json line = Json::parse(to_line(event));
            CHECK(line["header"] == one.frames.front());
            CHECK(line["body"] == one.decoded);
        }
    }
}

TEST_CASE("what was written is read again, and is the same value") {
    for (const Case& one : vectors::cases()) {
        if (one.valid) {
            CAPTURE(one.id);
            const Event event = decode(vectors::views(one.frames));
            const std::string body = body_of(event);
            CHECK(decode({one.frames.front(), body}) == event);
            CHECK_FALSE(decode({one.frames.front(), body}) != event);
        }
    }
}

TEST_CASE("what our own publisher writes is what we would, but for blanks") {
    for (const Case& one : vectors::cases()) {
        if (one.valid) {
            CAPTURE(one.id);
            const std::string body = body_of(decode(vectors::views(one.frames)));
            const bool same = Json::parse(body).dump() == one.frames.back();
            CHECK(same == (one.flags.count("not_canonical") == 0));
        }
    }
}

TEST_CASE("what is invalid is refused for its reason") {
    for (const Case& one : vectors::cases()) {
        if (!one.valid) {
            CAPTURE(one.id);
            CHECK(refusal(one.frames) == one.reason);
        }
    }
}

TEST_CASE("values of one kind are equal when all their fields are") {
    std::optional<Event> last;
    std::vector<std::string> bodies;
    for (const Case& one : vectors::cases()) {
        if (one.valid) {
            CAPTURE(one.id);
            Event event = decode(vectors::views(one.frames));
            if (last && last->index() == event.index()) {
                CHECK((*last == event) == (body_of(*last) == body_of(event)));
            }
            last = std::move(event);
        }
    }
}

TEST_CASE("vectors with bytes changed, cut or put in give a value or a reason") {
    std::mt19937 random(1);  // NOLINT: the same bytes in every run
    const auto below = [&](std::size_t end) { return random() % end; };
    for (int round = 0; round < 200; ++round) {
        for (const Case& one : vectors::cases()) {
            std::vector<std::string> frames = one.frames;
            if (frames.empty() || frames.back().empty()) {
                continue;
            }
            std::string& raw = frames.back();
            const std::size_t at = below(raw.size());
            switch (below(4)) {
                case 0: raw[at] = static_cast<char>(below(256)); break;
                case 1: raw.resize(at); break;
                case 2: raw.insert(at, 1, "\",:{}[]0-\\"[below(10)]); break;
                default: raw.insert(at, raw.substr(below(raw.size()))); break;
            }
            static_cast<void>(refusal(frames));
        }
    }
}

TEST_CASE("neither depth nor length is a danger") {
    const std::string deep(1'000'000, '[');
    CHECK(refusal({"supvisors", deep}) == "bad_json");
    CHECK(refusal({"supvisors", deep + std::string(deep.size(), ']')}) == "not_an_object");
    CHECK(refusal({"supvisors", "{\"statename\":" + deep}) == "bad_json");
    std::string wide = "{\"statecode\":2,\"statename\":\"OPERATION\"";
    for (int index = 0; index < 100'000; ++index) {
        wide += ",\"k" + std::to_string(index) + "\":[1,\"x\",{}]";
    }
    CHECK(refusal({"supvisors", wide + "}"}) == "extra_key");
    CHECK(refusal({std::string(1'000'000, 'h'), "{}"}) == "unknown_header");
}

TEST_CASE("an integer of any length is an integer") {
    const std::string digits(60, '9');
    CHECK(refusal({"supvisors", "{\"statecode\":" + digits + ",\"statename\":\"x\"}"}) ==
          "unknown_code");
    CHECK(refusal({"address", "{\"address_name\":\"a\",\"statecode\":2,\"statename\":\"RUNNING\","
                              "\"remote_time\":-" + digits + ",\"local_time\":0,\"loading\":0}"}) ==
          "out_of_range");
}
