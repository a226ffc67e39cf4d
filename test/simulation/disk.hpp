// Disk: the disk of the simulated board. The agent's files lie in a folder in memory, and every
// call of the C library that changes them passes through here (c_library.cpp), SQLite's as well as
// the agent's own. So the disk knows what was synced, and can lose the rest: at a power cut each
// file keeps any subset of the writes that were not synced, torn at 512 bytes, and the folder any
// number of the changes of names since the last sync, in their order. It also fills up, turns
// read-only and fails to read, write and sync.
//
// It stands beneath SQLite's VFS because a salvage, the lock and the reserve use files without
// SQLite. What it does not simulate: the WAL's index and the lock file, which hold nothing that a
// start needs, and two folders.
#pragma once

#include "test/simulation/random.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace simulation {

/// What is wrong with the disk at the moment.
struct DiskFaults {
    bool read_only = false;
    bool reads = false; ///< those of a bad sector fail (EIO)
    bool writes = false;
    bool syncs = false;
    std::uint64_t capacity = std::uint64_t{1} << 30;
    [[nodiscard]] bool any() const {
        return read_only || reads || writes || syncs || capacity < std::uint64_t{1} << 30;
    }
};

enum class Death {
    process, ///< what was written stays
    power    ///< only what was synced is certain
};

class Disk {
  public:
    explicit Disk(Random random);
    ~Disk();
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;

    /// Removes its files.
    void clean_up();
    [[nodiscard]] const std::string& folder() const { return folder_; }
    DiskFaults faults;

    /// The agent dies now, or at the call that comes after so many others that change something.
    /// From then on its calls succeed, but count for nothing.
    void die(Death how);
    void die_after(std::uint64_t calls, Death how);
    [[nodiscard]] bool dead() const { return dead_; }
    [[nodiscard]] Death how() const { return how_; }
    /// After the dead agent has closed its files: the files are as the death left them.
    void restore();
    /// All of it has been written long ago.
    void settle();
    /// Flips one bit of the database or its WAL, at rest. False if there is nothing to damage.
    bool flip_bit();
    /// Overwrites a page of the database, likewise.
    bool spoil_page();
    /// From now on a sector of the database is bad while `faults.reads`. A file that takes its
    /// place lies on others.
    void choose_bad_sector();
    /// What somebody or something does to a file ("agent.db-wal") behind the agent's back.
    void overwrite(const std::string& name, std::size_t at, const std::string& bytes);
    void resize(const std::string& name, std::size_t size);
    void remove(const std::string& name);
    void put(const std::string& name, const std::string& bytes);

    [[nodiscard]] std::uint64_t calls() const { return calls_; }
    [[nodiscard]] std::uint64_t syncs() const { return syncs_; }
    [[nodiscard]] std::uint64_t used() const;

    // For c_library.cpp: 0 or an errno. Each is asked before the call that it is named after.
    [[nodiscard]] bool holds(const char* path) const;
    int opening(const std::string& path, int flags);
    void opened(int descriptor, const std::string& path);
    void closed(int descriptor) { open_.erase(descriptor); }
    [[nodiscard]] bool is_open(int descriptor) const { return open_.contains(descriptor); }
    int reading(int descriptor, std::int64_t at, std::size_t size);
    int writing(int descriptor, std::int64_t at, const void* bytes, std::size_t size);
    int truncating(int descriptor, std::int64_t size);
    int syncing(int descriptor);
    int renaming(const std::string& from, const std::string& to);
    int removing(const std::string& path);

  private:
    /// A write, or (without bytes) a new length.
    struct Change {
        std::int64_t at = 0;
        std::string bytes;
        bool truncates = false;
    };
    struct File {
        std::string durable;
        std::vector<Change> pending;
        std::uint64_t size = 0; ///< as the process sees it
    };
    using FilePtr = std::shared_ptr<File>;
    using Names = std::map<std::string, FilePtr>;
    struct NameChange {
        std::string from, to; ///< created: no from; removed: no to
        FilePtr file;
    };

    [[nodiscard]] static bool simulated(const std::string& path);
    static void apply(std::string& content, const Change& change);
    static void apply(Names& names, const NameChange& change);
    void count_down();
    void apply_some(std::string& content, const Change& change);
    void lose_some(File& file);
    [[nodiscard]] std::string torn(const File& file);
    std::map<std::string, std::string> after_power_cut();
    std::map<std::string, std::string> as_they_are() const;
    std::string file_to_damage();

    Random random_;
    std::string folder_;
    Names names_, durable_names_;
    std::vector<NameChange> name_changes_;
    std::map<int, std::string> open_; ///< by descriptor; the folder itself is "."
    std::map<int, FilePtr> files_;
    std::uint64_t calls_ = 0, syncs_ = 0;
    std::uint64_t dies_at_ = 0; ///< the number of a call; 0: at none
    bool dead_ = false;
    Death how_ = Death::process;
    std::map<std::string, std::string> left_; ///< what the death leaves
    FilePtr bad_file_;                        ///< with a bad sector
    std::int64_t bad_at_ = 0;                 ///< where that begins
};

/// The one that exists, if any.
Disk* disk();

} // namespace simulation
