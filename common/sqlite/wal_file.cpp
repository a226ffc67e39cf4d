#include "common/sqlite/wal_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace common {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t header_bytes = 32;
constexpr std::size_t frame_header_bytes = 24;
constexpr std::uint32_t magic = 0x377f0682; // the lowest bit: checksums are of big-endian words
constexpr std::size_t fallback_page = 4096;
constexpr ::off_t block_bytes = 1 << 20;
constexpr std::size_t frames_per_call = 256; // of progress
constexpr std::uint32_t largest_page_number = 0xfffffffe;

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

struct Frame {
    std::uint32_t page = 0;
    std::uint32_t pages_after = 0; ///< not 0: the transaction ends here
    bool good = false;             ///< its page can be believed
    bool seen = false;             ///< SQLite reads it: no frame before it stops SQLite
    std::uint64_t data_at = 0;     ///< place of the page's bytes in the log
};

/// The frames of the log's present generation: those after its last restart.
struct Log {
    std::size_t page_size = fallback_page;
    bool header_good = false;
    std::vector<Frame> frames;
};

bool is_zero(std::string_view bytes) {
    return std::ranges::all_of(bytes, [](char c) { return c == '\0'; });
}

/// Reads the frames one by one. A frame's checksum goes on from that of the frame before it, as it
/// is written there; so the frames that follow a faulty one can still be checked.
Result<Log> read_log(const std::string& path) {
    Log log;
    std::error_code absent;
    const auto bytes = fs::file_size(path, absent);
    if (absent || bytes < header_bytes) {
        return log;
    }
    std::ifstream file{path, std::ios::binary};
    std::array<char, header_bytes> header{};
    if (!file.read(header.data(), header.size())) {
        return fail(Fault::storage, "cannot read " + path + ": " + std::strerror(errno));
    }
    const auto number = big_endian(header.data());
    const bool big = number == (magic | 1U); // of a damaged header: as boards write it
    const auto page_size = big_endian(header.data() + 8);
    log.page_size = is_page_size(page_size) ? page_size : fallback_page;
    auto stored = checksum_at(header.data() + 24);
    Checksum computed;
    computed.add(header.data(), 24, big);
    log.header_good = (number & ~1U) == magic && is_page_size(page_size) && computed == stored;

    std::optional<Salt> salt;
    if (log.header_good) {
        salt = Salt{big_endian(header.data() + 16), big_endian(header.data() + 20)};
    }
    bool seen = log.header_good;
    bool unproven = false; // the last frame follows a faulty one, so that nothing confirms it yet
    std::string frame(frame_header_bytes + log.page_size, '\0');
    for (std::uint64_t at = header_bytes; at + frame.size() <= bytes; at += frame.size()) {
        if (!file.read(frame.data(), static_cast<std::streamsize>(frame.size()))) {
            return fail(Fault::storage, "cannot read " + path + ": " + std::strerror(errno));
        }
        const Salt own{big_endian(frame.data() + 8), big_endian(frame.data() + 12)};
        if (!salt && !is_zero(frame)) {
            salt = own; // the header says nothing: the first frame tells the generation
        }
        const auto sum = [&](Checksum seed) {
            seed.add(frame.data(), 8, big);
            seed.add(frame.data() + frame_header_bytes, log.page_size, big);
            return seed;
        };
        const auto written = checksum_at(frame.data() + 16);
        const auto page = big_endian(frame.data());
        bool good = sum(stored) == written;
        seen = seen && good && salt && own == *salt && page != 0;
        if (good && unproven) {
            log.frames.back().good = true; // it was faulty only in what the one before it said
        }
        if (!good && !log.frames.empty() && sum(computed) == written) {
            // Only the checksum or salt that the frame before carries is damaged, not its page.
            good = log.frames.back().good = true;
        }
        const bool follows_good = log.frames.empty() ? log.header_good : log.frames.back().good;
        const bool plausible = salt && own == *salt && page != 0;
        unproven = !good && plausible && !follows_good;
        // A checksum that goes on from a good frame cannot be an older frame's: then only the salt
        // is damaged.
        good = good && (plausible || (follows_good && page != 0));
        computed = sum(stored);
        stored = written;
        log.frames.push_back(
            {page, big_endian(frame.data() + 4), good, seen, at + frame_header_bytes});
    }
    // What follows the last good frame is older, zeros, or was never finished.
    while (!log.frames.empty() && !log.frames.back().good) {
        log.frames.pop_back();
    }
    return log;
}

/// Frames up to the last end of a transaction.
std::size_t committed_frames(const Log& log) {
    auto count = log.frames.size();
    while (count > 0 && !(log.frames[count - 1].good && log.frames[count - 1].pages_after != 0)) {
        --count;
    }
    return count;
}

struct File {
    int descriptor = -1;
    explicit File(int opened) : descriptor{opened} {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
        if (descriptor >= 0) {
            ::close(descriptor);
        }
    }
};

bool read_at(int file, char* bytes, std::size_t size, ::off_t at) {
    while (size > 0) {
        const auto count = ::pread(file, bytes, size, at);
        if (count <= 0) {
            return false;
        }
        bytes += count;
        size -= static_cast<std::size_t>(count);
        at += count;
    }
    return true;
}

bool write_at(int file, const char* bytes, std::size_t size, ::off_t at) {
    while (size > 0) {
        const auto count = ::pwrite(file, bytes, size, at);
        if (count <= 0) {
            return false;
        }
        bytes += count;
        size -= static_cast<std::size_t>(count);
        at += count;
    }
    return true;
}

tl::unexpected<Error> cannot_write(const std::string& path) {
    return fail(Fault::full, "cannot write " + path + ": " + std::strerror(errno));
}

} // namespace

Result<WalReport> inspect_wal(const std::string& wal_path) {
    auto log = read_log(wal_path);
    if (!log) {
        return fail(log.error());
    }
    WalReport report;
    const auto& frames = log->frames;
    report.frames = frames.size();
    report.committed = committed_frames(*log);
    report.faulty = static_cast<std::size_t>(
        std::ranges::count_if(frames, [](const Frame& frame) { return !frame.good; }));
    if (!log->header_good && report.committed > 0) {
        report.damage = "the header of its WAL is damaged";
        return report;
    }
    const auto first_bad = std::ranges::find_if(frames, [](const Frame& one) { return !one.seen; });
    const auto end = frames.begin() + static_cast<std::ptrdiff_t>(report.committed);
    if (first_bad < end) {
        // The last transaction may be torn: its frames reach the disk in any order before its fsync
        // ends. One that follows a faulty frame and is not the last was synced and acknowledged.
        const auto ends = std::count_if(first_bad, end, [](const Frame& frame) {
            return frame.good && frame.pages_after != 0;
        });
        if (ends > 1) {
            report.damage = "frame " + std::to_string(first_bad - frames.begin() + 1) + " of the " +
                            std::to_string(frames.size()) + " of its WAL is damaged";
        }
    }
    return report;
}

Result<void> copy_database(const std::string& database, const std::string& copy,
                           const std::function<void()>& progress) {
    const File from{::open(database.c_str(), O_RDONLY | O_CLOEXEC)};
    if (from.descriptor < 0 && errno != ENOENT) {
        return fail(Fault::storage, "cannot read " + database + ": " + std::strerror(errno));
    }
    const File to{::open(copy.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640)};
    if (to.descriptor < 0) {
        return cannot_write(copy);
    }
    struct ::stat file {};
    if (from.descriptor < 0 || ::fstat(from.descriptor, &file) != 0) {
        return {};
    }
    std::string block(block_bytes, '\0');
    for (::off_t at = 0; at < file.st_size; at += block_bytes) {
        const auto want =
            static_cast<std::size_t>(std::min<::off_t>(block_bytes, file.st_size - at));
        if (!read_at(from.descriptor, block.data(), want, at)) {
            // A sector that cannot be read: the pages beside it can.
            for (std::size_t page = 0; page < want; page += fallback_page) {
                const auto part = std::min(fallback_page, want - page);
                if (!read_at(from.descriptor, block.data() + page, part,
                             at + static_cast<::off_t>(page))) {
                    std::memset(block.data() + page, 0, part);
                }
            }
        }
        if (!write_at(to.descriptor, block.data(), want, at)) {
            return cannot_write(copy);
        }
        if (progress) {
            progress();
        }
    }
    return {};
}

Result<void> write_image(const std::string& database, const std::string& image,
                         const std::function<void()>& progress) {
    const auto log = read_log(database + "-wal");
    if (!log) {
        return fail(log.error());
    }
    if (auto copied = copy_database(database, image, progress); !copied) {
        return copied;
    }
    const auto wal = database + "-wal";
    const File from{::open(wal.c_str(), O_RDONLY | O_CLOEXEC)};
    const File to{::open(image.c_str(), O_WRONLY | O_CLOEXEC)};
    if (to.descriptor < 0) {
        return cannot_write(image);
    }
    std::string page(log->page_size, '\0');
    std::uint32_t pages = 0;
    const auto committed = committed_frames(*log);
    for (std::size_t i = 0; i < committed; ++i) {
        const auto& frame = log->frames[i];
        if (!frame.good || frame.page > largest_page_number ||
            !read_at(from.descriptor, page.data(), page.size(),
                     static_cast<::off_t>(frame.data_at))) {
            continue;
        }
        const auto at = std::uint64_t{frame.page - 1} * log->page_size;
        if (!write_at(to.descriptor, page.data(), page.size(), static_cast<::off_t>(at))) {
            return cannot_write(image);
        }
        pages = frame.pages_after != 0 ? frame.pages_after : pages;
        if (progress && i % frames_per_call == 0) {
            progress();
        }
    }
    if (pages > 0 && ::ftruncate(to.descriptor, static_cast<::off_t>(std::uint64_t{pages} *
                                                                     log->page_size)) != 0) {
        return cannot_write(image);
    }
    return {};
}

} // namespace common
