#include "common/sqlite/wal_log.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>

namespace common {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t header_bytes = 32;
constexpr std::size_t frame_header_bytes = 24;
constexpr std::size_t salt_at = 8;          // in a frame
constexpr std::uint32_t magic = 0x377f0682; // the lowest bit: checksums are of big-endian words

std::uint32_t big_endian(const char* bytes) {
    std::uint32_t number = 0;
    for (int i = 0; i < 4; ++i) {
        number = number << 8U | static_cast<unsigned char>(bytes[i]);
    }
    return number;
}

std::uint32_t little_endian(const char* bytes) {
    std::uint32_t number = 0;
    for (int i = 3; i >= 0; --i) {
        number = number << 8U | static_cast<unsigned char>(bytes[i]);
    }
    return number;
}

struct Checksum {
    std::uint32_t first = 0, second = 0;
    bool operator==(const Checksum&) const = default;

    void add(const char* bytes, std::size_t size, bool big) {
        const auto word = big ? big_endian : little_endian;
        for (std::size_t i = 0; i + 8 <= size; i += 8) {
            first += word(bytes + i) + second;
            second += word(bytes + i + 4) + first;
        }
    }
};

Checksum checksum_at(const char* bytes) {
    return {big_endian(bytes), big_endian(bytes + 4)};
}

bool is_page_size(std::uint32_t size) {
    return size >= 512 && size <= 65'536 && (size & (size - 1)) == 0;
}

struct Salt {
    std::uint32_t first = 0, second = 0;
    bool operator==(const Salt&) const = default;
};

/// A frame as it stands in the file, before it is known which of them belong together.
struct RawFrame {
    std::uint32_t page = 0;
    std::uint32_t pages_after = 0;
    Salt salt;
    bool follows = false;      ///< its checksum goes on from what the frame before it says
    bool follows_page = false; ///< it goes on from what the frame before it should say
};

/// The salt of the first frame that goes on from another: whatever was overwritten does not.
std::optional<Salt> salt_of(const std::vector<RawFrame>& frames) {
    for (const auto& frame : frames) {
        if (frame.page != 0 && frame.salt != Salt{} && (frame.follows || frame.follows_page)) {
            return frame.salt;
        }
    }
    return std::nullopt;
}

/// A frame's checksum goes on from that of the frame before it, as it is written there; so the
/// frames that follow a faulty one can still be checked.
std::vector<WalFrame> judge(const std::vector<RawFrame>& raw, std::optional<Salt> salt) {
    std::vector<WalFrame> frames;
    frames.reserve(raw.size());
    const bool header_good = salt.has_value();
    if (!salt) {
        salt = salt_of(raw); // the header says nothing
    }
    bool seen = header_good;
    bool unproven = false; // the last frame follows a faulty one, so that nothing confirms it yet
    for (const auto& one : raw) {
        const bool own = salt && one.salt == *salt && one.page != 0;
        bool good = one.follows;
        seen = seen && good && own;
        if (good && unproven) {
            frames.back().good = true; // it was faulty only in what the one before it said
        }
        if (!good && own && !frames.empty() && one.follows_page) {
            // Only the checksum or salt that the frame before carries is damaged, not its page. (A
            // power cut may put a new checksum before an older page, which older frames follow.)
            good = frames.back().good = true;
        }
        const bool follows_good = frames.empty() ? header_good : frames.back().good;
        unproven = !good && own && !follows_good;
        // A checksum that goes on from a good frame cannot be an older frame's: then only the salt
        // is damaged.
        good = good && (own || (follows_good && one.page != 0));
        frames.push_back({one.page, one.pages_after, good, own, seen});
    }
    // What follows is older, zeros, or was never begun.
    while (!frames.empty() && !frames.back().good && !frames.back().own) {
        frames.pop_back();
    }
    return frames;
}

Result<std::vector<RawFrame>> read_frames(const std::string& path, const WalLayout& layout,
                                          std::uint64_t bytes) {
    std::ifstream file{path, std::ios::binary};
    std::array<char, header_bytes> header{};
    if (!file.read(header.data(), header.size())) {
        return fail(Fault::storage, "cannot read " + path + ": " + std::strerror(errno));
    }
    std::vector<RawFrame> frames;
    auto stored = checksum_at(header.data() + 24);
    Checksum computed;
    computed.add(header.data(), 24, layout.big);
    std::string frame(layout.frame_bytes(), '\0');
    for (auto at = std::uint64_t{header_bytes}; at + frame.size() <= bytes; at += frame.size()) {
        if (!file.read(frame.data(), static_cast<std::streamsize>(frame.size()))) {
            return fail(Fault::storage, "cannot read " + path + ": " + std::strerror(errno));
        }
        const auto sum = [&](Checksum seed) {
            seed.add(frame.data(), 8, layout.big);
            seed.add(frame.data() + frame_header_bytes, layout.page_size, layout.big);
            return seed;
        };
        const auto written = checksum_at(frame.data() + 16);
        const auto now = sum(stored);
        frames.push_back({.page = big_endian(frame.data()),
                          .pages_after = big_endian(frame.data() + 4),
                          .salt = {big_endian(frame.data() + 8), big_endian(frame.data() + 12)},
                          .follows = now == written,
                          .follows_page = now != written && sum(computed) == written});
        computed = now;
        stored = written;
    }
    return frames;
}

/// Whether the generation's salt stands where no frame has it: bytes before it are missing. Looks
/// only behind `from`.
bool has_shifted_frames(const std::string& path, const WalLayout& layout, std::string_view salt,
                        std::uint64_t from) {
    std::ifstream file{path, std::ios::binary};
    file.seekg(static_cast<std::streamoff>(from));
    constexpr std::size_t block = 1 << 20;
    std::string bytes;
    for (auto at = from; file;) {
        const auto kept = bytes.size();
        bytes.resize(kept + block);
        file.read(bytes.data() + kept, block);
        bytes.resize(kept + static_cast<std::size_t>(file.gcount()));
        for (auto hit = bytes.find(salt); hit != std::string::npos;
             hit = bytes.find(salt, hit + 1)) {
            if ((at + hit - salt_at - header_bytes) % layout.frame_bytes() != 0) {
                return true;
            }
        }
        const auto done = bytes.size() - std::min(bytes.size(), salt.size() - 1);
        bytes.erase(0, done);
        at += done;
    }
    return false;
}

} // namespace

std::size_t WalLayout::frame_bytes() const {
    return frame_header_bytes + page_size;
}

std::uint64_t WalLayout::data_of(std::size_t frame) const {
    return header_bytes + std::uint64_t{frame} * frame_bytes() + frame_header_bytes;
}

std::size_t WalLog::good() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(frames, [](const WalFrame& frame) { return frame.good; }));
}

std::size_t WalLog::committed() const {
    bool last = true;
    for (auto count = frames.size(); count > 0; --count) {
        const auto& frame = frames[count - 1];
        if (frame.ends() && (frame.good || !last)) {
            return count;
        }
        last = last && !frame.ends();
    }
    return 0;
}

/// Where the header is damaged, its page size and byte order may be what is wrong with it: then
/// those count by which most frames can be read.
Result<WalLog> read_log(const std::string& path) {
    WalLog log;
    std::error_code absent;
    const auto bytes = fs::file_size(path, absent);
    if (absent || bytes < header_bytes) {
        return log;
    }
    std::array<char, header_bytes> header{};
    if (!std::ifstream{path, std::ios::binary}.read(header.data(), header.size())) {
        return fail(Fault::storage, "cannot read " + path + ": " + std::strerror(errno));
    }
    const auto number = big_endian(header.data());
    const auto page_size = big_endian(header.data() + 8);
    const bool big = (number & 1U) != 0;
    Checksum computed;
    computed.add(header.data(), 24, big);
    log.header_good = (number & ~1U) == magic && is_page_size(page_size) &&
                      computed == checksum_at(header.data() + 24);
    std::vector<WalLayout> layouts;
    if (log.header_good) {
        layouts.push_back({page_size, big});
    } else {
        layouts = {{usual_page, false}, {usual_page, true}};
        if (is_page_size(page_size) && page_size != usual_page) {
            layouts.insert(layouts.end(), {{page_size, false}, {page_size, true}});
        }
    }
    std::size_t most = 0;
    for (const auto& layout : layouts) {
        const auto raw = read_frames(path, layout, bytes);
        if (!raw) {
            return fail(raw.error());
        }
        WalLog found;
        found.layout = layout;
        found.header_good = log.header_good;
        found.frames =
            judge(*raw, log.header_good ? std::optional{Salt{big_endian(header.data() + 16),
                                                             big_endian(header.data() + 20)}}
                                        : std::nullopt);
        found.ends_with_file =
            header_bytes + std::uint64_t{found.frames.size()} * layout.frame_bytes() == bytes;
        if (log.header_good || found.good() > most) {
            most = found.good();
            log = std::move(found);
        }
    }
    if (log.header_good) {
        const std::string_view salt{header.data() + 16, 8};
        log.shifted = salt != std::string_view{"\0\0\0\0\0\0\0\0", 8} &&
                      has_shifted_frames(path, log.layout, salt,
                                         header_bytes + std::uint64_t{log.frames.size()} *
                                                            log.layout.frame_bytes());
    }
    return log;
}

} // namespace common
