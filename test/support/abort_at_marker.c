// libffl-abort-at-marker: preloaded (LD_PRELOAD), it ends a process with SIGABRT where a fault of
// the program itself could: when bytes with a marker in them are sent, or read from a database.
//   FFL_ABORT_MARKER   the marker
//   FFL_ABORT_AT       send, or read
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

static void meet(const char* where, const void* bytes, size_t size) {
    const char* at = getenv("FFL_ABORT_AT");
    const char* marker = getenv("FFL_ABORT_MARKER");
    if (at != NULL && marker != NULL && bytes != NULL && strcmp(at, where) == 0 &&
        memmem(bytes, size, marker, strlen(marker)) != NULL) {
        abort();
    }
}

ssize_t send(int socket, const void* bytes, size_t size, int flags) {
    static ssize_t (*next)(int, const void*, size_t, int);
    if (next == NULL) {
        *(void**)&next = dlsym(RTLD_NEXT, "send");
    }
    meet("send", bytes, size);
    return next(socket, bytes, size, flags);
}

ssize_t sendmsg(int socket, const struct msghdr* message, int flags) {
    static ssize_t (*next)(int, const struct msghdr*, int);
    if (next == NULL) {
        *(void**)&next = dlsym(RTLD_NEXT, "sendmsg");
    }
    for (size_t i = 0; i < message->msg_iovlen; ++i) {
        meet("send", message->msg_iov[i].iov_base, message->msg_iov[i].iov_len);
    }
    return next(socket, message, flags);
}

// SQLite's, whose header is not needed for two functions.
int sqlite3_column_bytes(void* statement, int column);
const void* sqlite3_column_blob(void* statement, int column) {
    static const void* (*next)(void*, int);
    if (next == NULL) {
        *(void**)&next = dlsym(RTLD_NEXT, "sqlite3_column_blob");
    }
    const void* bytes = next(statement, column);
    meet("read", bytes, (size_t)sqlite3_column_bytes(statement, column));
    return bytes;
}
