#include "agent/store/queue_lock.hpp"

#include "common/base/file.hpp"
#include "common/base/time.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace agent {

namespace {

using common::Fault;
using common::Result;
namespace fs = std::filesystem;

std::string file_of(const std::string& database) {
    return common::without_links(database) + "-lock";
}

bool same_file(int descriptor, const std::string& path) {
    struct stat held {
    }, there{};
    return ::fstat(descriptor, &held) == 0 && ::stat(path.c_str(), &there) == 0 &&
           held.st_dev == there.st_dev && held.st_ino == there.st_ino;
}

/// What the holder has written: "123 2024-05-01T10:00:00Z".
std::string who(int descriptor) {
    std::array<char, 64> text{};
    const auto got = ::pread(descriptor, text.data(), text.size(), 0);
    const std::string line{text.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
    const auto digits = line.find_first_not_of("0123456789");
    const auto end = line.find('\n');
    if (digits == 0 || digits == std::string::npos || line[digits] != ' ' ||
        end == std::string::npos) {
        return "another process"; // it has not written it yet
    }
    const auto since = line.substr(digits + 1, end - digits - 1);
    if (since.find_first_not_of("0123456789-:TZ") != std::string::npos) {
        return "another process";
    }
    return "process " + line.substr(0, digits) + " (since " + since + ")";
}

/// The lock of an open file, not of a process: closing another descriptor of the file in this
/// process does not give it back.
struct flock whole_file(short type = F_WRLCK) {
    struct flock lock {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    return lock;
}

// Of the database: SQLite locks 512 bytes at 1 GiB. The byte behind `database_byte` that the
// holder's process id counts to tells who it is.
constexpr ::off_t database_byte = 0x7f00'0000;
constexpr ::off_t most_processes = ::off_t{1} << 22;

bool lock_byte(int descriptor, short type, ::off_t at) {
    auto lock = whole_file(type);
    lock.l_start = at;
    lock.l_len = 1;
    return ::fcntl(descriptor, F_OFD_SETLK, &lock) == 0;
}

std::string who_locks_database(int descriptor) {
    auto lock = whole_file();
    lock.l_start = database_byte + 1;
    lock.l_len = most_processes;
    const bool found = ::fcntl(descriptor, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    return found ? "process " + std::to_string(lock.l_start - database_byte) : "another process";
}

void write_who(int descriptor) {
    const auto line =
        std::to_string(::getpid()) + " " + common::rfc3339(std::chrono::system_clock::now()) + "\n";
    // For people only: on a full disk the lock holds all the same.
    if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, line.data(), line.size(), 0) < 0) {
        return;
    }
}

/// A lock file that root leaves behind must not keep the service's own user out.
void give_to_owner_of_folder(int descriptor, const std::string& file) {
    struct stat folder {};
    if (::geteuid() == 0 && ::stat(fs::path{file}.parent_path().c_str(), &folder) == 0 &&
        folder.st_uid != 0 && ::fchown(descriptor, folder.st_uid, folder.st_gid) != 0) {
        return; // not every file system has owners
    }
}

common::Error cannot_open(const std::string& file, int why) {
    std::string text = "cannot open the queue's lock " + file + ": " + std::strerror(why);
    if (why == EACCES && ::access(file.c_str(), F_OK) == 0) {
        text += "; it belongs to another user: if no agent runs on this queue, remove it";
    }
    return {Fault::storage, text};
}

/// Full, read-only or broken: that may pass.
bool takes_no_writes(int why) {
    return why == EROFS || why == EIO || why == ENOSPC || why == EDQUOT;
}

} // namespace

common::Error QueueLock::cannot_lock(int descriptor, int why) const {
    if (why != EAGAIN && why != EACCES) {
        return {Fault::storage, "cannot lock " + file_ + ": " + std::strerror(why)};
    }
    return {Fault::storage, "the queue " + path_ + " is in use by " + who(descriptor) +
                                ": stop that agent, or give this one a [queue] path of its own"};
}

QueueLock::~QueueLock() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
    for (const int database : databases_) {
        ::close(database);
    }
}

bool QueueLock::in_place() const {
    return descriptor_ >= 0 && same_file(descriptor_, file_);
}

Result<void> QueueLock::take(const std::string& path) {
    path_ = path;
    file_ = file_of(path);
    auto taken = take_for_writing();
    return taken ? take_database() : taken;
}

/// Where there is no database yet, keep() locks it once there is one; where the file system has no
/// such locks, the lock of the name has to do. On a disk that takes no writes the lock holds
/// against an agent that can write.
Result<void> QueueLock::take_database() {
    const bool known = !databases_.empty() && same_file(databases_.back(), path_);
    if (known && has_database_) {
        return {};
    }
    if (!known) {
        has_database_ = false;
        int opened = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
        writes_ = opened >= 0;
        if (opened < 0 && takes_no_writes(errno)) {
            opened = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
        }
        if (opened < 0) {
            return {}; // opening the database will tell
        }
        databases_.push_back(opened);
    }
    const int database = databases_.back();
    const short type = writes_ ? F_WRLCK : F_RDLCK;
    if (!lock_byte(database, type, database_byte) && (errno == EAGAIN || errno == EACCES)) {
        return common::fail(Fault::storage,
                            "the queue " + path_ + " is in use by " + who_locks_database(database) +
                                " under another name (a hard link, another mount of the file, or "
                                "its lock was removed): "
                                "stop that agent, or give this one a [queue] path of its own");
    }
    lock_byte(database, type, database_byte + ::getpid() % most_processes);
    has_database_ = true;
    return {};
}

Result<void> QueueLock::take_for_writing() {
    for (;;) {
        const int opened = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
        if (opened < 0) {
            const int why = errno;
            const auto error = cannot_open(file_, why);
            return takes_no_writes(why) ? take_for_reading(error)
                                        : Result<void>{common::fail(error)};
        }
        if (reading_) { // its own lock would keep it out
            ::close(std::exchange(descriptor_, -1));
            reading_ = false;
        }
        auto lock = whole_file();
        if (::fcntl(opened, F_OFD_SETLK, &lock) != 0) {
            const int why = errno;
            auto error = cannot_lock(opened, why);
            ::close(opened);
            return common::fail(std::move(error));
        }
        if (!same_file(opened, file_)) { // removed between the two calls
            ::close(opened);
            continue;
        }
        give_to_owner_of_folder(opened, file_);
        write_who(opened);
        if (const int before = std::exchange(descriptor_, opened); before >= 0) {
            ::close(before);
        }
        return {};
    }
}

/// Against one that can write a shared lock is enough; against another that cannot, flock(). Where
/// there is no file, none has it.
Result<void> QueueLock::take_for_reading(const common::Error& why) {
    if (reading_) {
        return common::fail(why); // keep(): it has that already
    }
    const int opened = ::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (opened >= 0) {
        auto lock = whole_file(F_RDLCK);
        if (::fcntl(opened, F_OFD_SETLK, &lock) != 0 || ::flock(opened, LOCK_EX | LOCK_NB) != 0) {
            const int refused = errno;
            auto error = cannot_lock(opened, refused);
            ::close(opened);
            return common::fail(std::move(error));
        }
    }
    if (const int before = std::exchange(descriptor_, opened); before >= 0) {
        ::close(before);
    }
    reading_ = true;
    return {};
}

Result<void> QueueLock::keep() {
    auto taken = in_place() && !reading_ ? Result<void>{} : take_for_writing();
    return taken ? take_database() : taken;
}

Result<void> QueueLock::alone() {
    if (in_place()) {
        return {};
    }
    auto taken = take_for_writing();
    return taken || !holder(path_) ? Result<void>{} : taken;
}

std::optional<std::string> QueueLock::holder(const std::string& path) {
    const int opened = ::open(file_of(path).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (opened < 0) {
        return std::nullopt;
    }
    std::optional<std::string> found;
    auto lock = whole_file();
    if (::fcntl(opened, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK) {
        found = who(opened);
    }
    ::close(opened);
    return found;
}

} // namespace agent
