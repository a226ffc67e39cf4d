// libffl-slow-disk: preloaded (LD_PRELOAD), it makes each fsync and fdatasync of a process take
// longer, as a disk slower than this machine's would, and counts them. An SD card takes 5 to 20 ms.
//   FFL_DISK_DELAY_MS   milliseconds added to each, after the real one; a fraction is fine
//   FFL_DISK_COUNT      a file of at least 8 bytes whose first 8 are a counter of native byte
//                       order, readable at any time; several processes may share it
// In C and without a runtime of its own, so that any program can have it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int (*next_fsync)(int);
static int (*next_fdatasync)(int);
static _Atomic uint64_t unseen;
static _Atomic uint64_t* count = &unseen;
static struct timespec delay;

static void stop(const char* what, const char* value) {
    fprintf(stderr, "libffl-slow-disk: %s: %s\n", what, value);
    _exit(78);
}

__attribute__((constructor)) static void read_environment(void) {
    *(void**)&next_fsync = dlsym(RTLD_NEXT, "fsync");
    *(void**)&next_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    const char* text = getenv("FFL_DISK_DELAY_MS");
    if (text != NULL) {
        char* end = NULL;
        const double milliseconds = strtod(text, &end);
        if (end == text || *end != '\0' || !(milliseconds >= 0 && milliseconds <= 60000)) {
            stop("FFL_DISK_DELAY_MS is not a number from 0 to 60000", text);
        }
        delay.tv_sec = (time_t)(milliseconds / 1000);
        delay.tv_nsec = (long)((milliseconds - 1000.0 * (double)delay.tv_sec) * 1e6);
    }
    const char* name = getenv("FFL_DISK_COUNT");
    if (name != NULL) {
        const int file = open(name, O_RDWR | O_CLOEXEC);
        // A shorter file could be mapped, and would kill the process at the first fsync.
        if (file < 0 || lseek(file, 0, SEEK_END) < (off_t)sizeof *count) {
            stop("FFL_DISK_COUNT is not a writable file of 8 bytes or more", name);
        }
        void* page = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (page == MAP_FAILED) {
            stop("FFL_DISK_COUNT cannot be mapped", name);
        }
        count = page;
        close(file);
    }
}

/// The caller sees the errno of the real call.
static void wait_and_count(void) {
    const int error = errno;
    struct timespec left = delay;
    while ((left.tv_sec != 0 || left.tv_nsec != 0) && nanosleep(&left, &left) != 0 &&
           errno == EINTR) {
    }
    ++*count;
    errno = error;
}

int fsync(int file) {
    const int result = next_fsync(file);
    wait_and_count();
    return result;
}

int fdatasync(int file) {
    const int result = next_fdatasync(file);
    wait_and_count();
    return result;
}
