// CrashNotes: a small file beside the database ("-run") by which a run learns how the ones before
// it ended, and what they had in hand. It exists while the agent runs: an orderly stop removes it.
// What was noted survives the death of the process, not a power cut, and that is meant so: nothing
// is synced, and notes of another boot are ignored, because a power cut is no fault of what was in
// hand.
//
// An end may be the fault of what was in hand if the process got a signal for something that it did
// itself (a bad access, an abort, also that of the watchdog), or if nothing else was in hand. A
// SIGKILL in the middle of many deliveries says nothing about any of them.
//
// In normal operation it is written once at the start and once a minute later. Only after an end
// that was none in order is it written for each delivery, for that minute.
//
// take() and put_down() belong to the loop thread, reading() to the database's, the others to
// whoever starts and stops both. An error of writing is none of the agent's: it goes on without
// notes.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace agent {

class CrashNotes {
  public:
    /// A delivery that the last run had in hand when it ended.
    struct InHand {
        std::int64_t delivery = 0;
        std::uint32_t ends = 0; ///< in a row at which it was in hand, and that may be its fault
    };
    struct Past {
        std::uint32_t ends = 0; ///< in a row that were not in order; only the first may have
                                ///< come later than a minute after its start
        std::vector<InHand> in_hand;
    };

    CrashNotes() = default;
    ~CrashNotes();
    CrashNotes(const CrashNotes&) = delete;
    CrashNotes& operator=(const CrashNotes&) = delete;

    /// What the handler of such a signal does. Async-signal-safe.
    static void note_own_signal() noexcept;

    /// Reads the notes of the last run and begins those of this one. `database`: the path of the
    /// queue, which nobody else has.
    Past begin(const std::string& database, const std::string& boot_id);
    /// Whether deliveries are noted.
    [[nodiscard]] bool watching() const { return watching_; }

    /// The delivery is about to be handled, after having been in hand at so many `ends`.
    void take(std::int64_t delivery, std::uint32_t ends);
    void put_down(std::int64_t delivery);
    /// The row of the delivery is about to be read; 0: it has been.
    void reading(std::int64_t delivery);

    /// A minute has passed: whatever may end the process now has nothing to do with the ends
    /// before.
    void settle();
    /// The run ends in order.
    void end();

  private:
    void write_header(std::uint32_t ends);
    void write_place(std::size_t place, const InHand& one);

    std::string path_;
    std::string boot_id_;
    int file_ = -1;
    std::atomic<bool> watching_ = false;
    InHand read_before_;
    std::map<std::int64_t, std::size_t> places_; ///< by delivery
    std::vector<std::size_t> free_;
};

/// Has note_own_signal() called at the signals that a process gets for what it does itself, before
/// they do what they did before. For the whole process.
void note_own_signals();

} // namespace agent
