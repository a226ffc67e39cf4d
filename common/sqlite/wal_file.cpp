#include "common/sqlite/wal_file.hpp"

#include "common/sqlite/uri.hpp"
#include "common/sqlite/wal_log.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sqlite3.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace common {

namespace {

constexpr ::off_t block_bytes = 1 << 20;
constexpr std::size_t pages_per_call = 256; // of progress
constexpr std::uint32_t largest_page_number = 0xfffffffe;

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

/// Whether the database has this page somewhere. Through SQLite, which may have the file open: to
/// close a descriptor of our own would take its locks away (POSIX).
bool has_page(const std::string& database, const std::string& page,
              const std::function<void()>& progress) {
    try {
        SQLite::Database handle{immutable_uri(database), SQLite::OPEN_READONLY | SQLite::OPEN_URI};
        ::sqlite3_file* file = nullptr;
        ::sqlite3_file_control(handle.getHandle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
        const auto size = static_cast<int>(page.size());
        std::string one(page.size(), '\0');
        const auto offset_of = [size](std::size_t i) {
            return static_cast<::sqlite3_int64>(i) * size;
        };
        for (std::size_t i = 0;
             file->pMethods->xRead(file, one.data(), size, offset_of(i)) == SQLITE_OK; ++i) {
            if (one == page) {
                return true;
            }
            if (progress && i % pages_per_call == 0) {
                progress();
            }
        }
    } catch (const SQLite::Exception&) {
        // It has none that can be read.
    }
    return false;
}

/// Whether the page of the frame `at` stands in the database, too.
bool is_in_database(const std::string& wal_path, const WalLog& log, std::size_t at,
                    const std::function<void()>& progress) {
    const File wal{::open(wal_path.c_str(), O_RDONLY | O_CLOEXEC)};
    std::string page(log.layout.page_size, '\0');
    const bool read = read_at(wal.descriptor, page.data(), page.size(),
                              static_cast<::off_t>(log.layout.data_of(at)));
    // Zeros are no page: something has overwritten one.
    return read && page.find_first_not_of('\0') != std::string::npos &&
           has_page(wal_path.substr(0, wal_path.size() - std::string_view{"-wal"}.size()), page,
                    progress);
}

/// Whether the frame `at`, which SQLite does not read, was once written whole: frames are written
/// one after the other, each with its header first, so the process that was killed in it wrote
/// nothing after it. One whose checksum is right was, too, whatever is wrong with its salt. Where a
/// log was begun anew, there may be an older frame behind such a header, and as long as its page
/// is there, which the database has had since, that of the new frame is not.
bool was_written(const std::string& wal_path, const WalLog& log, std::size_t at,
                 const std::function<void()>& progress) {
    return log.frames[at].good || at + 1 < log.frames.size() ||
           (log.ends_with_file && log.frames[at].ends() &&
            !is_in_database(wal_path, log, at, progress));
}

/// Whether a page of the log that can be believed has this text. False for no text.
bool has_text(const std::string& path, const WalLog& log, const std::string& text) {
    const File from{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    std::string page(log.layout.page_size, '\0');
    for (std::size_t i = 0; !text.empty() && i < log.frames.size(); ++i) {
        if (log.frames[i].good &&
            read_at(from.descriptor, page.data(), page.size(),
                    static_cast<::off_t>(log.layout.data_of(i))) &&
            page.find(text) != std::string::npos) {
            return true;
        }
    }
    return false;
}

} // namespace

Result<WalReport> inspect_wal(const std::string& wal_path, const std::string& boot_id,
                              const std::function<void()>& progress) {
    auto log = read_log(wal_path);
    if (!log) {
        return fail(log.error());
    }
    WalReport report;
    const auto& frames = log->frames;
    report.frames = frames.size();
    report.committed = log->committed();
    report.faulty = frames.size() - log->good();
    if (!log->header_good && report.committed > 0) {
        report.damage = "the header of its WAL is damaged";
        return report;
    }
    const auto first_bad =
        std::ranges::find_if(frames, [](const WalFrame& one) { return !one.seen; });
    // The last transaction may be torn: its frames reach the disk in any order before its fsync
    // ends. One that follows a faulty frame and is not the last was synced and acknowledged.
    const auto ends =
        std::count_if(first_bad, frames.end(), [](const WalFrame& frame) { return frame.ends(); });
    const auto at = static_cast<std::size_t>(first_bad - frames.begin());
    if (log->header_good && ends > 0 && was_written(wal_path, *log, at, progress)) {
        const bool damaged = ends > 1 || has_text(wal_path, *log, boot_id);
        (damaged ? report.damage : report.torn) = "frame " + std::to_string(at + 1) + " of the " +
                                                  std::to_string(frames.size()) +
                                                  " of its WAL is damaged";
    }
    if (log->shifted && !report.damage) {
        report.damage = "bytes are missing in its WAL";
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
            for (std::size_t page = 0; page < want; page += usual_page) {
                const auto part = std::min(usual_page, want - page);
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
    std::string page(log->layout.page_size, '\0');
    std::uint32_t pages = 0;
    std::uint32_t least = 0;
    const auto committed = log->committed();
    for (std::size_t i = 0; i < committed; ++i) {
        const auto& frame = log->frames[i];
        if (!frame.good || frame.page > largest_page_number ||
            !read_at(from.descriptor, page.data(), page.size(),
                     static_cast<::off_t>(log->layout.data_of(i)))) {
            continue;
        }
        const auto at = std::uint64_t{frame.page - 1} * page.size();
        if (!write_at(to.descriptor, page.data(), page.size(), static_cast<::off_t>(at))) {
            return cannot_write(image);
        }
        // At a faulty end the new size is not known, but this page is within it.
        pages = frame.pages_after != 0 ? frame.pages_after : pages;
        least = frame.pages_after != 0 ? 0 : std::max(least, frame.page);
        if (progress && i % pages_per_call == 0) {
            progress();
        }
    }
    if (pages > 0 &&
        ::ftruncate(to.descriptor, static_cast<::off_t>(std::uint64_t{pages} * page.size())) != 0) {
        return cannot_write(image);
    }
    return {};
}

} // namespace common
