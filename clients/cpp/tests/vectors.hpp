// Reads wire/vectors/ and wire/schema/ for the tests of this folder.

#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace vectors {

using Json = nlohmann::ordered_json;

inline const std::filesystem::path wire = SUPVISORS_WIRE;

// One vector, as wire/README.md explains it.
struct Case {
    std::string id;
    std::string file;  // without ".json": the header, or "message"
    std::vector<std::string> frames;
    bool valid = false;
    Json decoded;        // of a valid case
    std::string reason;  // of an invalid one
    std::set<std::string> flags;
};

inline Json load(const std::filesystem::path& path) {
    std::ifstream file(path);
    if (!file) {
        throw std::runtime_error("cannot read " + path.string());
    }
    return Json::parse(file);
}

inline std::string decode_base64(std::string_view text) {
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    unsigned buffer = 0;
    int bits = 0;
    for (const char letter : text.substr(0, text.find('='))) {
        buffer = (buffer << 6U | static_cast<unsigned>(alphabet.find(letter))) & 0xFFFFU;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes += static_cast<char>(buffer >> static_cast<unsigned>(bits) & 0xFFU);
        }
    }
    return bytes;
}

inline std::string frame_of(const Json& frame) {
    return frame.contains("text") ? frame["text"].get<std::string>()
                                  : decode_base64(frame["base64"].get<std::string>());
}

inline std::vector<std::filesystem::path> files_of(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".json") {
            files.push_back(entry.path());
        }
    }
    return files;
}

// All cases of dialect 1.
inline const std::vector<Case>& cases() {
    static const std::vector<Case> all = [] {
        std::vector<Case> found;
        for (const auto& path : files_of(wire / "vectors")) {
            const Json content = load(path);
            for (const Json& entry : content["cases"]) {
                Case one;
                one.id = entry["id"].get<std::string>();
                one.file = path.stem().string();
                for (const Json& frame : entry["frames"]) {
                    one.frames.push_back(frame_of(frame));
                }
                one.valid = entry["valid"].get<bool>();
                one.decoded = entry.value("decoded", Json{});
                one.reason = entry.value("reason", "");
                one.flags = entry["flags"].get<std::set<std::string>>();
                found.push_back(std::move(one));
            }
        }
        return found;
    }();
    return all;
}

inline std::vector<std::string_view> views(const std::vector<std::string>& frames) {
    return {frames.begin(), frames.end()};
}

}  // namespace vectors
