// What the synchroniser asks for and tells.
//
// Holds: Subscribe and Unsubscribe, for the socket; Output, those or a happening.
// Must not touch: behaviour.
// Tests: clients/cpp/tests/sync_test.cpp.

#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "happenings.hpp"

namespace supvisors::event {

struct Subscribe {
    std::string topic;
};

struct Unsubscribe {
    std::string topic;
};

using Output = std::variant<Subscribe, Unsubscribe, Joined, Change, Vanished, Gap>;
using Outputs = std::vector<Output>;

namespace detail {

inline void append(Outputs& outputs, Outputs more) {
    for (Output& output : more) {
        outputs.push_back(std::move(output));
    }
}

}  // namespace detail

}  // namespace supvisors::event
