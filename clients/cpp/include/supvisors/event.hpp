// The C++ client of the Supvisors event interface: include this one.
//
//     #include <supvisors/event.hpp>
//
//     supvisors::event::Subscriber subscriber(65002);
//     subscriber.subscribe_all();
//     while (const auto event = subscriber.receive(std::chrono::seconds(10))) {
//         std::cout << supvisors::event::to_line(*event) << '\n';
//     }
//
// C++17, header-only, on cppzmq and nlohmann_json. The protocol is wire/README.md.

#pragma once

#include "event/connection.hpp"
#include "event/decode.hpp"
#include "event/errors.hpp"
#include "event/forms.hpp"
#include "event/model.hpp"
#include "event/subscriber.hpp"
#include "event/sync/subscriber.hpp"
#include "event/sync/synchroniser.hpp"
#include "event/sync/text.hpp"
#include "event/text.hpp"
