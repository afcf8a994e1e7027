// The values of the synchronised dialect as transcripts write them.

#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <supvisors/event.hpp>
#include <variant>

namespace sync_json {

using nlohmann::json;
using namespace supvisors::event;

template <class Body>
json of_body(const Body& body) {
    return json::parse(to_json(body));
}

inline json of_body(const Event& event) {
    return std::visit([](const auto& body) { return of_body(body); }, event);
}

inline std::string header_in(const Event& event) {
    return std::visit(
        [](const auto& body) { return std::string(header_of<std::decay_t<decltype(body)>>); },
        event);
}

template <class Value>
json or_null(const std::optional<Value>& value) {
    return value ? json(*value) : json();
}

inline json of_facts(const std::optional<Facts>& facts) {
    if (!facts) {
        return nullptr;
    }
    return {{"exit_code", or_null(facts->exit_code)}, {"signal", or_null(facts->signal)},
            {"run_time_ms", or_null(facts->run_time_ms)}, {"spawn_error", facts->spawn_error},
            {"restarts", facts->restarts}, {"reason", facts->reason}};
}

inline json of_source(const SourceId& id) { return json::array({id.address, id.boot, id.seq}); }

inline json of_gone(const Vanished& gone) {
    return {{"application", gone.application}, {"process", gone.process}};
}

inline json of_output(const Output& output) {
    return std::visit(
        overloaded{
            [](const Subscribe& one) { return json{{"subscribe", one.topic}}; },
            [](const Unsubscribe& one) { return json{{"unsubscribe", one.topic}}; },
            [](const Joined&) { return json{{"joined", true}}; },
            [](const Change& change) {
                json told{{"facts", of_facts(change.facts)}, {"t", change.time_ms}};
                if (change.id) {
                    told["event"] = of_body(change.body);
                    told["id"] = of_source(*change.id);
                } else {
                    told["status"] = header_in(change.body);
                    told["body"] = of_body(change.body);
                }
                return told;
            },
            [](const Vanished& gone) { return json{{"removed", of_gone(gone)}}; },
            [](const Gap& gap) {
                return json{{"gap", json::array({gap.header, gap.first, gap.last})}};
            },
        },
        output);
}

inline json of_position(const std::optional<detail::Position>& position) {
    return position ? json{{"id", position->journal}, {"seq", position->seq}} : json();
}

inline json of_meta(const detail::Meta& meta) {
    return {{"v", 2},
            {"stream", meta.stream},
            {"seq", meta.seq},
            {"t", meta.time_ms},
            {"id", meta.id ? of_source(*meta.id) : json()},
            {"facts", of_facts(meta.facts)},
            {"record", or_null(meta.record)}};
}

inline json of_stand(const detail::Stand& stand) {
    return {{"v", 2},
            {"stream", stand.stream},
            {"t", stand.time_ms},
            {"seqs", stand.seqs},
            {"journal", of_position(stand.journal)}};
}

inline json of_statuses(const std::vector<detail::StatusItem>& items) {
    json lists;
    for (const std::string_view header : detail::all_headers) {
        if (header != header_of<ProcessEvent>) {
            lists[std::string(header)] = json::array();
        }
    }
    for (const detail::StatusItem& item : items) {
        const bool is_process = std::holds_alternative<ProcessStatus>(item.body);
        lists[header_in(item.body)].push_back(
            is_process ? json{{"body", of_body(item.body)}, {"facts", of_facts(item.facts)}}
                       : of_body(item.body));
    }
    return lists;
}

inline json of_records(const std::vector<detail::Record>& records) {
    json list = json::array();
    for (const detail::Record& record : records) {
        list.push_back({{"seq", record.seq},
                        {"t", record.time_ms},
                        {"id", of_source(record.id)},
                        {"facts", of_facts(record.facts)},
                        {"body", of_body(record.body)}});
    }
    return list;
}

// A message as the vectors of dialect 2 write it.
inline json of_message(const detail::Message& message) {
    return std::visit(
        overloaded{
            [](const detail::Live& live) {
                return json{{"kind", "live"},
                            {"header", live.header},
                            {"meta", of_meta(live.meta)},
                            {"body", of_body(live.body)}};
            },
            [](const detail::Removed& removed) {
                return json{{"kind", "removed"},
                            {"meta", of_meta(removed.meta)},
                            {"removed", of_gone(removed.gone)}};
            },
            [](const detail::Beat& beat) {
                return json{{"kind", "beat"}, {"stand", of_stand(beat.stand)}};
            },
            [](const detail::Snapshot& snapshot) {
                return json{{"kind", "snapshot"},
                            {"topic", snapshot.topic},
                            {"stand", of_stand(snapshot.stand)},
                            {"statuses", of_statuses(snapshot.statuses)}};
            },
            [](const detail::Page& page) {
                const json meta{{"v", 2},
                                {"stream", page.meta.stream},
                                {"t", page.meta.time_ms},
                                {"journal", of_position(page.meta.journal)},
                                {"next", or_null(page.meta.next)},
                                {"live_from", or_null(page.meta.live_from)},
                                {"gone", or_null(page.meta.gone)}};
                return json{{"kind", "page"},
                            {"topic", page.topic},
                            {"meta", meta},
                            {"records", of_records(page.records)}};
            },
        },
        message);
}

inline json of_cursor(const std::optional<Cursor>& cursor) {
    return cursor ? json::parse(cursor->encode()) : json();
}

template <class Value>
json listed(const Table<Value>& table) {
    json list = json::array();
    for (const auto& entry : table) {
        list.push_back(of_body(entry.second));
    }
    return list;
}

inline json of_mirror(const Cluster& cluster) {
    json processes = json::array();
    for (const auto& [name, status] : cluster.processes()) {
        const auto facts = cluster.facts().find(name);
        const bool has_facts = facts != cluster.facts().end();
        processes.push_back(
            {{"body", of_body(status)},
             {"facts", of_facts(has_facts ? std::optional(facts->second) : std::nullopt)}});
    }
    return {{"supvisors", cluster.supvisors() ? of_body(*cluster.supvisors()) : json()},
            {"address", listed(cluster.addresses())},
            {"application", listed(cluster.applications())},
            {"process", processes}};
}

}  // namespace sync_json
