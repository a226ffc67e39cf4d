#include "test/support/failing_disk.hpp"

namespace test {

namespace {

FailingDisk* disk = nullptr; // the one that exists

struct File {
    ::sqlite3_file base;
    bool database; // not a WAL
    ::sqlite3_file* real;
};

::sqlite3_file* real(::sqlite3_file* file) {
    return reinterpret_cast<File*>(file)->real;
}

bool refuses() {
    return disk && (disk->read_only || !disk->writes);
}

int close(::sqlite3_file* file) {
    return real(file)->pMethods ? real(file)->pMethods->xClose(real(file)) : SQLITE_OK;
}

int read(::sqlite3_file* file, void* into, int size, sqlite3_int64 at) {
    if (disk && reinterpret_cast<File*>(file)->database && at < disk->bad_to &&
        at + size > disk->bad_from) {
        return SQLITE_IOERR_READ;
    }
    return real(file)->pMethods->xRead(real(file), into, size, at);
}

int write(::sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
    sqlite3_int64 length = 0;
    real(file)->pMethods->xFileSize(real(file), &length);
    if (disk && disk->full && at + size > length) {
        return SQLITE_FULL;
    }
    return refuses() ? SQLITE_IOERR_WRITE
                     : real(file)->pMethods->xWrite(real(file), bytes, size, at);
}

int truncate(::sqlite3_file* file, sqlite3_int64 size) {
    return refuses() ? SQLITE_IOERR_TRUNCATE : real(file)->pMethods->xTruncate(real(file), size);
}

int sync(::sqlite3_file* file, int flags) {
    return refuses() || (disk && !disk->syncs) ? SQLITE_IOERR_FSYNC
                                               : real(file)->pMethods->xSync(real(file), flags);
}

int file_size(::sqlite3_file* file, sqlite3_int64* size) {
    return real(file)->pMethods->xFileSize(real(file), size);
}
int lock(::sqlite3_file* file, int level) {
    return real(file)->pMethods->xLock(real(file), level);
}
int unlock(::sqlite3_file* file, int level) {
    return real(file)->pMethods->xUnlock(real(file), level);
}
int check_lock(::sqlite3_file* file, int* reserved) {
    return real(file)->pMethods->xCheckReservedLock(real(file), reserved);
}
int control(::sqlite3_file* file, int what, void* with) {
    return real(file)->pMethods->xFileControl(real(file), what, with);
}
int sector_size(::sqlite3_file* file) {
    return real(file)->pMethods->xSectorSize(real(file));
}
int characteristics(::sqlite3_file* file) {
    return real(file)->pMethods->xDeviceCharacteristics(real(file));
}
int map_index(::sqlite3_file* file, int region, int size, int extend, void volatile** at) {
    return disk && !disk->indexes
               ? SQLITE_IOERR_SHMOPEN
               : real(file)->pMethods->xShmMap(real(file), region, size, extend, at);
}
int lock_index(::sqlite3_file* file, int offset, int count, int flags) {
    const bool takes = (flags & SQLITE_SHM_LOCK) != 0;
    return takes && disk && !disk->indexes
               ? SQLITE_IOERR_SHMLOCK
               : real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}
void index_barrier(::sqlite3_file* file) {
    real(file)->pMethods->xShmBarrier(real(file));
}
int unmap_index(::sqlite3_file* file, int remove) {
    return real(file)->pMethods->xShmUnmap(real(file), remove);
}

constexpr ::sqlite3_io_methods methods{2,
                                       close,
                                       read,
                                       write,
                                       truncate,
                                       sync,
                                       file_size,
                                       lock,
                                       unlock,
                                       check_lock,
                                       control,
                                       sector_size,
                                       characteristics,
                                       map_index,
                                       lock_index,
                                       index_barrier,
                                       unmap_index,
                                       nullptr,
                                       nullptr};

int open(::sqlite3_vfs* vfs, const char* name, ::sqlite3_file* file, int flags, int* opened) {
    auto* made = reinterpret_cast<File*>(file);
    made->base.pMethods = nullptr;
    made->database = (flags & SQLITE_OPEN_MAIN_DB) != 0;
    made->real = reinterpret_cast<::sqlite3_file*>(made + 1);
    made->real->pMethods = nullptr;
    if (disk && disk->read_only && (flags & SQLITE_OPEN_READWRITE) != 0) {
        flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
    }
    auto* real_vfs = static_cast<::sqlite3_vfs*>(vfs->pAppData);
    const int result = real_vfs->xOpen(real_vfs, name, made->real, flags, opened);
    if (made->real->pMethods) {
        made->base.pMethods = &methods;
    }
    return result;
}

} // namespace

FailingDisk::FailingDisk() : real_{::sqlite3_vfs_find(nullptr)}, mine_{*real_} {
    mine_.zName = "failing";
    mine_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
    mine_.pAppData = real_;
    mine_.pNext = nullptr;
    mine_.xOpen = &open;
    ::sqlite3_vfs_register(&mine_, 1);
    disk = this;
}

FailingDisk::~FailingDisk() {
    disk = nullptr;
    ::sqlite3_vfs_unregister(&mine_);
    ::sqlite3_vfs_register(real_, 1);
}

} // namespace test
