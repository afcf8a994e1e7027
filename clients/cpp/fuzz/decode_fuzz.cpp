// Any bytes as messages: decoders and synchroniser may refuse them, and nothing else.
//
// An input is a sequence of messages with byte 0xFE between them, of frames with 0xFF between.
// seeds.py writes the vectors and the transcripts in this form.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <supvisors/event.hpp>
#include <variant>
#include <vector>

namespace {

using namespace supvisors::event;

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(end + 1);
    }
}

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

// What was decoded can be written, and is read again as the same.
void check_plain(const std::vector<std::string_view>& frames) {
    try {
        const Event event = decode(frames);
        const std::string body = std::visit([](const auto& one) { return to_json(one); }, event);
        require(decode({frames.front(), body}) == event);
    } catch (const WireError& error) {
        require(!std::string_view(error.what()).empty());
    }
}

Synchroniser machine_of(std::size_t size) {
    Wish wish;
    wish.client = "c1";
    if (size % 2 != 0) {
        wish.cursor = Cursor{"j1", 10, {{"alpha", {{"b1", 4}}}}};
        wish.cursor->told = size % 3 != 0 ? std::make_optional<std::int64_t>(14) : std::nullopt;
    }
    return Synchroniser(wish);
}

void check_machine(const std::vector<std::string_view>& messages, std::size_t size) {
    Synchroniser machine = machine_of(size);
    Instant now{0};
    Outputs outputs = machine.start(now);
    for (const std::string_view message : messages) {
        now += Instant(0.5);
        const auto frames = split(message, '\xFF');
        check_plain(frames);
        try {
            detail::append(outputs, machine.receive(now, frames));
        } catch (const WireError&) {
            detail::append(outputs, machine.wake(now));
        }
    }
    for (const Output& output : outputs) {
        if (const auto* change = std::get_if<Change>(&output)) {
            require(!to_line(Happening{*change}).empty());
        }
    }
    if (const auto cursor = machine.cursor()) {
        const Cursor again = Cursor::decode(cursor->encode());
        require(again.seq == cursor->seq && again.told == cursor->told);
        require(!cursor->told || *cursor->told > cursor->seq);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // libFuzzer gives bytes, and chars may look at bytes.
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    check_machine(split(input, '\xFE'), size);
    return 0;
}
