// Nothing of the protocol is without its form here, nor without its vectors.

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <supvisors/event.hpp>
#include <type_traits>
#include <variant>

#include "vectors.hpp"

namespace {

using namespace supvisors::event;
using vectors::Case;
using vectors::Json;

template <std::size_t index = 0, class Function>
void for_each_body(Function&& function) {
    if constexpr (index < std::variant_size_v<Event>) {
        function(std::variant_alternative_t<index, Event>{});
        for_each_body<index + 1>(function);
    }
}

template <class Body>
std::vector<std::string> keys_of() {
    std::vector<std::string> keys;
    detail::for_each_key<Body>([&](const auto& key) { keys.emplace_back(key.name); });
    return keys;
}

bool refuses(const std::string& id) {
    const auto& cases = vectors::cases();
    return std::any_of(cases.begin(), cases.end(),
                       [&](const Case& one) { return one.id == id && !one.valid; });
}

// All values that a key has in the valid cases of a header.
std::set<Json> seen(std::string_view header, const std::string& key) {
    std::set<Json> values;
    for (const Case& one : vectors::cases()) {
        if (one.valid && one.file == header) {
            values.insert(one.decoded.at(key));
        }
    }
    return values;
}

std::string slug(std::string key) {
    std::replace(key.begin(), key.end(), '_', '-');
    return key;
}

template <class Type>
std::set<Json> values_to_be_seen(std::int64_t max) {
    if constexpr (std::is_enum_v<Type>) {
        std::set<Json> codes;
        for (const auto& named : states<Type>) {
            codes.insert(static_cast<std::int64_t>(named.state));
        }
        return codes;
    } else if constexpr (std::is_same_v<Type, bool>) {
        return {false, true};
    } else if constexpr (std::is_integral_v<Type>) {
        return {0, max};
    } else {
        return {};
    }
}

struct ValuesSeen {
    std::string_view header;

    template <class Body, class Type>
    void operator()(const detail::Key<Body, Type>& key) const {
        CAPTURE(key.name);
        const std::set<Json> values = seen(header, std::string(key.name));
        for (const Json& value : values_to_be_seen<Type>(key.max)) {
            CAPTURE(value);
            CHECK(values.count(value) == 1);
        }
        if (std::is_enum_v<Type>) {  // a code that only the vectors have is unknown here
            CHECK(values.size() == values_to_be_seen<Type>(key.max).size());
        }
    }

    template <class Body, class State>
    void operator()(const detail::NameOf<Body, State>& key) const {
        CHECK(seen(header, std::string(key.name)).size() == states<State>.size());
    }
};

}  // namespace

TEST_CASE("every file of vectors and schemas has its header, and every header its files") {
    std::set<std::string> headers;
    for_each_body([&](auto body) { headers.emplace(header_of<decltype(body)>); });
    CHECK(headers.size() == std::variant_size_v<Event>);
    std::set<std::string> schemas;
    for (const auto& path : vectors::files_of(vectors::wire / "schema")) {
        schemas.insert(path.stem().string());
    }
    for (const char* const form : {"vectors", "vectors2", "dialect2", "transcript"}) {  // not of bodies
        schemas.erase(form);
    }
    CHECK(schemas == headers);
    std::set<std::string> files;
    for (const Case& one : vectors::cases()) {
        files.insert(one.file);
    }
    headers.insert("message");
    CHECK(files == headers);
}

TEST_CASE("a form has the keys of its schema, in their order") {
    for_each_body([](auto body) {
        using Body = decltype(body);
        const std::string header(header_of<Body>);
        CAPTURE(header);
        const Json schema = vectors::load(vectors::wire / "schema" / (header + ".json"));
        std::vector<std::string> keys;
        for (const auto& property : schema["properties"].items()) {
            keys.push_back(property.key());
        }
        CHECK(keys == keys_of<Body>());
    });
}

TEST_CASE("every key has its vectors") {
    for_each_body([](auto body) {
        using Body = decltype(body);
        const std::string header(header_of<Body>);
        for (const std::string& key : keys_of<Body>()) {
            CAPTURE(key);
            CHECK(refuses(header + "-missing-" + slug(key)));
            CHECK(refuses(header + "-" + slug(key) + "-null"));
        }
        CHECK(refuses(header + "-extra-key"));
        CHECK(refuses(header + "-duplicate-key"));
    });
}

TEST_CASE("every code, both booleans and the ends of every range have vectors") {
    for_each_body([](auto body) {
        using Body = decltype(body);
        detail::for_each_key<Body>(ValuesSeen{header_of<Body>});
    });
}

TEST_CASE("every reason has a vector") {
    std::set<std::string> reasons;
    for (const auto& named : states<Reason>) {
        if (named.state != Reason::bad_meta && named.state != Reason::bad_content) {
            reasons.emplace(named.name);  // those two are of dialect 2
        }
    }
    std::set<std::string> found;
    for (const Case& one : vectors::cases()) {
        if (!one.valid) {
            found.insert(one.reason);
        }
    }
    CHECK(found == reasons);
}
