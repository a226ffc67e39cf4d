// The calls of the C library by which the agent, SQLite and the C++ library reach the disk, the
// time and randomness, in place of the library's own: what is linked into a program goes before
// what it loads. Files outside of the simulated disk are passed on to the kernel.

#include "test/simulation/c_library.hpp"

#include "test/simulation/disk.hpp"

#include <cerrno>
#include <cstdarg>
#include <fcntl.h>
#include <string>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace simulation {

namespace {

TimeSource* source = nullptr;

/// Sets errno. For what the disk says.
bool refused(int error) {
    if (error != 0) {
        errno = error;
    }
    return error != 0;
}

/// The disk, if it has this file open.
Disk* disk_of(int descriptor) {
    auto* const found = disk();
    return found != nullptr && found->is_open(descriptor) ? found : nullptr;
}

Disk* disk_of(const char* path) {
    auto* const found = disk();
    return found != nullptr && found->holds(path) ? found : nullptr;
}

std::int64_t position(int descriptor) {
    return ::lseek(descriptor, 0, SEEK_CUR);
}

int open_file(int folder, const char* path, int flags, unsigned mode) {
    auto* const on = disk_of(path);
    if (on != nullptr && refused(on->opening(path, flags))) {
        return -1;
    }
    const auto descriptor =
        static_cast<int>(::syscall(SYS_openat, folder, path, flags | O_LARGEFILE, mode));
    if (on != nullptr && descriptor >= 0) {
        on->opened(descriptor, path);
    }
    return descriptor;
}

ssize_t write_at(int descriptor, const void* bytes, std::size_t size, std::int64_t at) {
    auto* const on = disk_of(descriptor);
    if (on != nullptr && refused(on->writing(descriptor, at, bytes, size))) {
        return -1;
    }
    return ::syscall(SYS_pwrite64, descriptor, bytes, size, at);
}

ssize_t read_at(int descriptor, void* bytes, std::size_t size, std::int64_t at) {
    auto* const on = disk_of(descriptor);
    if (on != nullptr && refused(on->reading(descriptor, at, size))) {
        return -1;
    }
    return ::syscall(SYS_pread64, descriptor, bytes, size, at);
}

int truncate_file(int descriptor, std::int64_t size) {
    auto* const on = disk_of(descriptor);
    if (on != nullptr && refused(on->truncating(descriptor, size))) {
        return -1;
    }
    return static_cast<int>(::syscall(SYS_ftruncate, descriptor, size));
}

/// The simulated disk keeps what was synced by itself: the kernel's need not.
int sync_file(int descriptor, long call) {
    if (auto* const on = disk_of(descriptor); on != nullptr) {
        return refused(on->syncing(descriptor)) ? -1 : 0;
    }
    return static_cast<int>(::syscall(call, descriptor));
}

/// `flags` as of unlinkat(2).
int remove_name(const char* path, int flags) {
    auto* const on = disk_of(path);
    if (on != nullptr && refused(on->removing(path))) {
        return -1;
    }
    return static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, flags));
}

int allocate(int descriptor, std::int64_t at, std::int64_t size) {
    auto* const on = disk_of(descriptor);
    if (on == nullptr) {
        return ::syscall(SYS_fallocate, descriptor, 0, at, size) == 0 ? 0 : errno;
    }
    const std::string zeros(static_cast<std::size_t>(size), '\0');
    return write_at(descriptor, zeros.data(), zeros.size(), at) < 0 ? errno : 0;
}

template <class Space> int space_of(const char* path, Space* space) {
    auto* const on = disk_of(path);
    if (on == nullptr) {
        // The kernel's own call needs a structure of its own; nobody else asks here.
        errno = ENOSYS;
        return -1;
    }
    *space = {};
    space->f_bsize = space->f_frsize = 4096;
    const auto used = on->used();
    space->f_blocks = on->faults.capacity / 4096;
    space->f_bavail = space->f_bfree =
        used < on->faults.capacity ? (on->faults.capacity - used) / 4096 : 0;
    return 0;
}

} // namespace

void tell_time_by(TimeSource* by) {
    source = by;
}

} // namespace simulation

using namespace simulation;

extern "C" {

// NOLINTBEGIN(readability-identifier-naming): the C library's names
int open(const char* path, int flags, ...) {
    std::va_list arguments;
    va_start(arguments, flags);
    const auto mode = (flags & O_CREAT) != 0 ? va_arg(arguments, unsigned) : 0U;
    va_end(arguments);
    return open_file(AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
    std::va_list arguments;
    va_start(arguments, flags);
    const auto mode = (flags & O_CREAT) != 0 ? va_arg(arguments, unsigned) : 0U;
    va_end(arguments);
    return open_file(AT_FDCWD, path, flags, mode);
}
int close(int descriptor) {
    if (auto* const on = disk_of(descriptor); on != nullptr) {
        on->closed(descriptor);
    }
    return static_cast<int>(::syscall(SYS_close, descriptor));
}
ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t at) {
    return write_at(descriptor, bytes, size, at);
}
ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t at) {
    return write_at(descriptor, bytes, size, at);
}
ssize_t write(int descriptor, const void* bytes, size_t size) {
    auto* const on = disk_of(descriptor);
    if (on != nullptr && refused(on->writing(descriptor, position(descriptor), bytes, size))) {
        return -1;
    }
    return ::syscall(SYS_write, descriptor, bytes, size);
}
ssize_t writev(int descriptor, const iovec* parts, int count) {
    if (disk_of(descriptor) == nullptr) {
        return ::syscall(SYS_writev, descriptor, parts, count);
    }
    ssize_t written = 0;
    for (int i = 0; i < count; ++i) {
        const auto part = ::write(descriptor, parts[i].iov_base, parts[i].iov_len);
        if (part < 0) {
            return written > 0 ? written : part;
        }
        written += part;
    }
    return written;
}
ssize_t pread(int descriptor, void* bytes, size_t size, off_t at) {
    return read_at(descriptor, bytes, size, at);
}
ssize_t pread64(int descriptor, void* bytes, size_t size, off64_t at) {
    return read_at(descriptor, bytes, size, at);
}
ssize_t read(int descriptor, void* bytes, size_t size) {
    auto* const on = disk_of(descriptor);
    if (on != nullptr && refused(on->reading(descriptor, position(descriptor), size))) {
        return -1;
    }
    return ::syscall(SYS_read, descriptor, bytes, size);
}
int ftruncate(int descriptor, off_t size) {
    return truncate_file(descriptor, size);
}
int ftruncate64(int descriptor, off64_t size) {
    return truncate_file(descriptor, size);
}
int fsync(int descriptor) {
    return sync_file(descriptor, SYS_fsync);
}
int fdatasync(int descriptor) {
    return sync_file(descriptor, SYS_fdatasync);
}
int posix_fallocate(int descriptor, off_t at, off_t size) {
    return allocate(descriptor, at, size);
}
int posix_fallocate64(int descriptor, off64_t at, off64_t size) {
    return allocate(descriptor, at, size);
}
int rename(const char* from, const char* to) {
    auto* const on = disk_of(from);
    if (on != nullptr && refused(on->renaming(from, to))) {
        return -1;
    }
    return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}
int unlink(const char* path) {
    return remove_name(path, 0);
}
int remove(const char* path) {
    const int removed = remove_name(path, 0);
    return removed != 0 && errno == EISDIR ? remove_name(path, AT_REMOVEDIR) : removed;
}
int statvfs(const char* path, struct statvfs* space) {
    return space_of(path, space);
}
int statvfs64(const char* path, struct statvfs64* space) {
    return space_of(path, space);
}
int clock_gettime(clockid_t clock, timespec* now) {
    const bool told = clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC;
    if (source == nullptr || !told) {
        return static_cast<int>(::syscall(SYS_clock_gettime, clock, now));
    }
    const auto nanoseconds = clock == CLOCK_REALTIME ? source->wall_ns() : source->monotonic_ns();
    now->tv_sec = nanoseconds / 1'000'000'000;
    now->tv_nsec = nanoseconds % 1'000'000'000;
    return 0;
}
int getentropy(void* bytes, size_t size) {
    if (source == nullptr) {
        return ::syscall(SYS_getrandom, bytes, size, 0) < 0 ? -1 : 0;
    }
    source->fill(bytes, size);
    return 0;
}
// NOLINTEND(readability-identifier-naming)
}
