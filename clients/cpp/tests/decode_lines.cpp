// Decodes messages for tests in other languages: one a line, its frames in hexadecimal with
// blanks between. Prints for each the line of the event, or the reason why it is refused.

#include <cstddef>
#include <iostream>
#include <sstream>
#include <string>
#include <supvisors/event.hpp>
#include <vector>

namespace {

// The frame of an empty text is written as "-".
std::string bytes_of(const std::string& hex) {
    std::string bytes;
    for (std::size_t at = 0; at + 1 < hex.size(); at += 2) {
        bytes += static_cast<char>(std::stoi(hex.substr(at, 2), nullptr, 16));
    }
    return bytes;
}

std::string answer(const std::vector<std::string>& frames) {
    using namespace supvisors::event;
    try {
        return to_line(decode({frames.begin(), frames.end()}));
    } catch (const WireError& error) {
        return std::string(to_string(error.reason()));
    }
}

}  // namespace

int main() {
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words(line);
        std::vector<std::string> frames;
        for (std::string word; words >> word;) {
            frames.push_back(bytes_of(word));
        }
        std::cout << answer(frames) << '\n';
    }
    return 0;
}
