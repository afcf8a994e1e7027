// The topics of dialect 2, and what a subscription to one of them asks for.
//
// Holds: the topics; the spelling of the requests that travel as subscriptions.
// Must not touch: what a publisher answers; frames other than the topic.
// Tests: clients/cpp/tests/sync_test.cpp. The protocol: wire/README.md, section "Dialect 2".

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "../forms.hpp"
#include "../model.hpp"

namespace supvisors::event::detail {

// Names of what is sequenced: the headers, in the order of their table, and `removed`.
template <std::size_t... index>
constexpr std::array<std::string_view, sizeof...(index)> headers_of(
    std::index_sequence<index...> /*all*/) {
    return {header_of<std::variant_alternative_t<index, Event>>...};
}
inline constexpr auto all_headers =
    headers_of(std::make_index_sequence<std::variant_size_v<Event>>());
inline constexpr std::string_view removed_name = "removed";
inline constexpr std::string_view beat_name = "beat";

// First byte of every topic of dialect 2; no header begins with it.
inline constexpr char mark = '\1';
inline constexpr int slot_count = 8;
inline constexpr std::size_t topic_bytes_max = 200;
inline constexpr std::size_t identity_max = 32;
// Stands for whatever journal there is, in a request by time.
inline constexpr std::string_view any_journal = "*";

[[nodiscard]] inline std::string topic_of(std::string_view name) {
    return mark + std::string(name);
}

[[nodiscard]] inline std::string snapshot_topic(const std::string& client, int slot,
                                                const std::vector<std::string_view>& headers) {
    std::string topic = topic_of("snap|") + client + "|" + std::to_string(slot) + "|";
    for (const std::string_view header : headers) {
        topic += topic.back() == '|' ? "" : ",";
        topic += header;
    }
    return topic;
}

// `from` is the number of the last record that the client has, or "t" and a time.
[[nodiscard]] inline std::string replay_topic(const std::string& client, int slot,
                                              std::string_view journal, const std::string& from) {
    std::string topic = topic_of("replay|") + client + "|" + std::to_string(slot) + "|";
    return topic.append(journal) + "|" + from;
}

[[nodiscard]] inline bool is_identity(std::string_view text) noexcept {
    constexpr std::string_view allowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    return !text.empty() && text.size() <= identity_max &&
           text.find_first_not_of(allowed) == std::string_view::npos;
}

// A number without leading zeros, up to 2^53-1.
[[nodiscard]] inline bool is_number(std::string_view text) {
    constexpr std::size_t digits_max = 16;
    const bool is_spelt = !text.empty() && text.size() <= digits_max &&
                          text.find_first_not_of("0123456789") == std::string_view::npos &&
                          (text.size() == 1 || text.front() != '0');
    return is_spelt && std::stoll(std::string(text)) <= time_max;
}

enum class RequestKind { none, snapshot, replay };

[[nodiscard]] inline bool is_list_of_headers(std::string_view text) {
    std::size_t known = 0;  // as many headers as this were looked at: each once, in their order
    while (true) {
        const std::size_t comma = text.find(',');
        const std::string_view name = text.substr(0, comma);
        while (known < all_headers.size() && all_headers[known] != name) {
            ++known;
        }
        if (known++ >= all_headers.size()) {
            return false;
        }
        if (comma == std::string_view::npos) {
            return true;
        }
        text.remove_prefix(comma + 1);
    }
}

// What a topic asks for; none when it is no request of dialect 2.
[[nodiscard]] inline RequestKind parse_request(std::string_view topic) {
    if (topic.size() > topic_bytes_max || topic.substr(0, 1) != std::string_view(&mark, 1)) {
        return RequestKind::none;
    }
    std::vector<std::string_view> words;
    for (topic.remove_prefix(1);; topic.remove_prefix(words.back().size() + 1)) {
        words.push_back(topic.substr(0, topic.find('|')));
        if (words.back().size() == topic.size()) {
            break;
        }
    }
    const auto is_asked = [&](std::string_view verb, std::size_t count) {
        return words.size() == count && words[0] == verb && is_identity(words[1]) &&
               words[2].size() == 1 && words[2] >= "0" && words[2] <= "7";
    };
    if (is_asked("snap", 4) && is_list_of_headers(words[3])) {
        return RequestKind::snapshot;
    }
    if (is_asked("replay", 5)) {
        const bool by_time = words[4].substr(0, 1) == "t";
        const bool is_journal = by_time ? words[3] == any_journal : is_identity(words[3]);
        const bool is_begin = is_number(words[4].substr(by_time ? 1 : 0));
        return is_journal && is_begin ? RequestKind::replay : RequestKind::none;
    }
    return RequestKind::none;
}

}  // namespace supvisors::event::detail
