// What a client knows of the cluster: the last status of everything.
//
// Holds: Cluster, a mirror of what the publisher knows.
// Must not touch: where statuses come from.
// Invariants: one status for each name; nothing that was removed.
// Tests: clients/cpp/tests/sync_test.cpp.

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "../model.hpp"
#include "happenings.hpp"
#include "values.hpp"

namespace supvisors::event {

template <class Value>
using Table = std::map<std::string, Value, std::less<>>;

class Cluster {
public:
    // None before the first snapshot, or when its header was not asked for.
    [[nodiscard]] const std::optional<SupvisorsStatus>& supvisors() const noexcept {
        return supvisors_;
    }
    // By name.
    [[nodiscard]] const Table<AddressStatus>& addresses() const noexcept { return addresses_; }
    [[nodiscard]] const Table<ApplicationStatus>& applications() const noexcept {
        return applications_;
    }
    // By namespec: "group:name". Facts have no entry where nothing is known.
    [[nodiscard]] const Table<ProcessStatus>& processes() const noexcept { return processes_; }
    [[nodiscard]] const Table<Facts>& facts() const noexcept { return facts_; }

    // Takes a status; tells whether it says anything new.
    bool apply(const detail::StatusItem& item) {
        return std::visit(
            overloaded{
                [&](const SupvisorsStatus& status) {
                    return std::exchange(supvisors_, status) != status;
                },
                [&](const AddressStatus& status) {
                    return put(addresses_, status.address_name, status);
                },
                [&](const ApplicationStatus& status) {
                    return put(applications_, status.application_name, status);
                },
                [&](const ProcessStatus& status) {
                    const std::string name = namespec(status.application_name,
                                                      status.process_name);
                    const bool has_new_facts = put_facts(name, item.facts);
                    return put(processes_, name, status) || has_new_facts;
                },
                [](const ProcessEvent&) { return false; },
            },
            item.body);
    }

    // Takes out what exists no longer; tells whether it was there.
    bool remove(const Vanished& gone) {
        if (gone.process.empty()) {
            return applications_.erase(gone.application) != 0;
        }
        const std::string name = namespec(gone.application, gone.process);
        facts_.erase(name);
        return processes_.erase(name) != 0;
    }

    // Takes out what a snapshot does not have; gives what existed no longer: processes, then
    // applications. An address that is not in it belongs to another address list.
    [[nodiscard]] std::vector<Vanished> keep_only(const std::vector<detail::StatusItem>& items) {
        std::set<std::string, std::less<>> addresses;
        std::set<std::string, std::less<>> applications;
        std::set<std::string, std::less<>> processes;
        for (const detail::StatusItem& item : items) {
            std::visit(overloaded{
                           [&](const AddressStatus& s) { addresses.insert(s.address_name); },
                           [&](const ApplicationStatus& s) {
                               applications.insert(s.application_name);
                           },
                           [&](const ProcessStatus& s) {
                               processes.insert(namespec(s.application_name, s.process_name));
                           },
                           [](const auto&) {},
                       },
                       item.body);
        }
        std::vector<Vanished> gone;
        for (const auto& [name, status] : processes_) {
            if (processes.count(name) == 0) {
                gone.push_back({status.application_name, status.process_name});
            }
        }
        for (const auto& [name, status] : applications_) {
            if (applications.count(name) == 0) {
                gone.push_back({name, {}});
            }
        }
        for (const Vanished& one : gone) {
            remove(one);
        }
        for (auto entry = addresses_.begin(); entry != addresses_.end();) {
            entry = addresses.count(entry->first) == 0 ? addresses_.erase(entry) : ++entry;
        }
        return gone;
    }

private:
    static std::string namespec(const std::string& application, const std::string& process) {
        return application + ":" + process;
    }

    template <class Value>
    static bool put(Table<Value>& table, const std::string& name, const Value& value) {
        const auto [entry, is_new] = table.try_emplace(name, value);
        if (!is_new && entry->second == value) {
            return false;
        }
        entry->second = value;
        return true;
    }

    bool put_facts(const std::string& name, const std::optional<Facts>& facts) {
        return facts ? put(facts_, name, *facts) : facts_.erase(name) != 0;
    }

    std::optional<SupvisorsStatus> supvisors_;
    Table<AddressStatus> addresses_;
    Table<ApplicationStatus> applications_;
    Table<ProcessStatus> processes_;
    Table<Facts> facts_;
};

}  // namespace supvisors::event
