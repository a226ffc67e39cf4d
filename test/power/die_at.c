// libffl-die-at: preloaded (LD_PRELOAD), it kills the process at one of its calls that change the
// files of a folder, as if the power went at exactly that point.
//   FFL_DIE_FOLDER   the folder, an absolute path without links
//   FFL_DIE_AT       which call, from 1; 0: none, they are only counted
//   FFL_DIE_HALF     set: where that call writes bytes, the first half of them is written first, up
//                    to the end of a sector, as a disk does that loses its power
//   FFL_DIE_COUNT    a file of at least 8 bytes, for the number of calls in native byte order
// Counted are write, writev, pwrite, fsync, fdatasync, ftruncate, posix_fallocate, rename, unlink,
// remove, and open where it makes a file. In C and without a runtime of its own, so that any
// program can have it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

static _Atomic uint64_t unseen;
static _Atomic uint64_t* count = &unseen;
static uint64_t die_at;
static int half;
static const off64_t sector = 512;
static const char* folder;
static size_t folder_length;

static void stop(const char* what, const char* value) {
    fprintf(stderr, "libffl-die-at: %s: %s\n", what, value);
    _exit(78);
}

__attribute__((constructor)) static void read_environment(void) {
    folder = getenv("FFL_DIE_FOLDER");
    const char* at = getenv("FFL_DIE_AT");
    const char* name = getenv("FFL_DIE_COUNT");
    if (folder == NULL || at == NULL || name == NULL) {
        stop("needs FFL_DIE_FOLDER, FFL_DIE_AT and FFL_DIE_COUNT", "one is not set");
    }
    folder_length = strlen(folder);
    char* end = NULL;
    die_at = strtoull(at, &end, 10);
    if (end == at || *end != '\0') {
        stop("FFL_DIE_AT is not a number", at);
    }
    half = getenv("FFL_DIE_HALF") != NULL;
    const int file = open(name, O_RDWR | O_CLOEXEC);
    // A shorter file could be mapped, and would kill the process at the first call.
    if (file < 0 || lseek(file, 0, SEEK_END) < (off_t)sizeof *count) {
        stop("FFL_DIE_COUNT is not a writable file of 8 bytes or more", name);
    }
    void* page = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (page == MAP_FAILED) {
        stop("FFL_DIE_COUNT cannot be mapped", name);
    }
    count = page;
    close(file);
}

static int inside(const char* path) {
    return folder_length != 0 && strncmp(path, folder, folder_length) == 0 &&
           path[folder_length] == '/';
}

static int is_of_folder(int file) {
    char link[32];
    char path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    const ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) {
        return 0;
    }
    path[length] = '\0';
    // Not only its files: it is synced itself.
    return inside(path) || strcmp(path, folder) == 0;
}

/// Whether this is the call to die at.
static int is_the_one(void) {
    return ++*count == die_at;
}

/// How many of `size` bytes at `at` a disk has written whose power goes half way: whole sectors.
static size_t half_of(size_t size, off64_t at) {
    const off64_t end = (at + (off64_t)size / 2) / sector * sector;
    return end > at ? (size_t)(end - at) : 0;
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) {
        pause();
    }
}

// The function that this one stands before. The caller sees the errno of the real call.
#define NEXT(name)                                                                                 \
    static __typeof__(name)* next;                                                                 \
    if (next == NULL) {                                                                            \
        const int error = errno;                                                                   \
        *(void**)&next = dlsym(RTLD_NEXT, #name);                                                  \
        errno = error;                                                                             \
    }

ssize_t write(int file, const void* bytes, size_t size) {
    NEXT(write)
    if (is_of_folder(file) && is_the_one()) {
        if (half) {
            (void)!next(file, bytes, half_of(size, lseek64(file, 0, SEEK_CUR)));
        }
        die();
    }
    return next(file, bytes, size);
}

ssize_t writev(int file, const struct iovec* pieces, int number) {
    NEXT(writev)
    if (is_of_folder(file) && is_the_one()) {
        if (half) {
            (void)!next(file, pieces, number / 2);
        }
        die();
    }
    return next(file, pieces, number);
}

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) {
    NEXT(pwrite64)
    if (is_of_folder(file) && is_the_one()) {
        if (half) {
            (void)!next(file, bytes, half_of(size, at), at);
        }
        die();
    }
    return next(file, bytes, size, at);
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
    return pwrite64(file, bytes, size, at);
}

int fsync(int file) {
    NEXT(fsync)
    if (is_of_folder(file) && is_the_one()) {
        die();
    }
    return next(file);
}

int fdatasync(int file) {
    NEXT(fdatasync)
    if (is_of_folder(file) && is_the_one()) {
        die();
    }
    return next(file);
}

int ftruncate64(int file, off64_t size) {
    NEXT(ftruncate64)
    if (is_of_folder(file) && is_the_one()) {
        die();
    }
    return next(file, size);
}

int ftruncate(int file, off_t size) {
    return ftruncate64(file, size);
}

int posix_fallocate64(int file, off64_t from, off64_t size) {
    NEXT(posix_fallocate64)
    if (is_of_folder(file) && is_the_one()) {
        die();
    }
    return next(file, from, size);
}

int posix_fallocate(int file, off_t from, off_t size) {
    return posix_fallocate64(file, from, size);
}

int rename(const char* from, const char* to) {
    NEXT(rename)
    if (inside(to) && is_the_one()) {
        die();
    }
    return next(from, to);
}

int unlink(const char* path) {
    NEXT(unlink)
    if (inside(path) && is_the_one()) {
        die();
    }
    return next(path);
}

int remove(const char* path) {
    NEXT(remove)
    if (inside(path) && is_the_one()) {
        die();
    }
    return next(path);
}

/// The file's mode, which is passed only where the call may make a file.
#define MODE(flags, mode)                                                                          \
    mode_t mode = 0;                                                                               \
    if (((flags) & (O_CREAT | O_TMPFILE)) != 0) {                                                  \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode = va_arg(rest, mode_t);                                                               \
        va_end(rest);                                                                              \
    }

int open64(const char* path, int flags, ...) {
    NEXT(open64)
    MODE(flags, mode)
    if ((flags & O_CREAT) != 0 && inside(path) && access(path, F_OK) != 0 && is_the_one()) {
        die();
    }
    return next(path, flags, mode);
}

int open(const char* path, int flags, ...) {
    MODE(flags, mode)
    return open64(path, flags, mode);
}
