#include "agent/store/crash_notes.hpp"

#include "common/base/file.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <fcntl.h>
#include <span>
#include <unistd.h>

namespace agent {

namespace {

// Only the same machine in the same boot reads it again, so that the layout is the compiler's.
struct Header {
    std::array<char, 8> magic{'f', 'f', 'l', '-', 'r', 'u', 'n', '1'};
    std::array<char, 48> boot_id{};
    std::uint32_t ends = 0;
    std::uint32_t own_signal = 0; ///< 1: the process got a signal for what it did itself
};
static_assert(sizeof(Header) == 64 && sizeof(CrashNotes::InHand) == 16);

/// The first is that of the row being read. More deliveries in flight than places are not noted.
constexpr std::size_t places = 250;
constexpr std::size_t reading_place = 0;

struct Page {
    Header header;
    std::array<CrashNotes::InHand, places> in_hand{};
};

/// The notes of this run, for the handler of a signal, which may hardly use anything.
std::atomic<int> noted_in{-1};
static_assert(std::atomic<int>::is_always_lock_free);

constexpr std::array own_signals{SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV};
std::array<struct sigaction, own_signals.size()> earlier_actions;

void handle_own_signal(int signal) {
    CrashNotes::note_own_signal();
    for (std::size_t i = 0; i < own_signals.size(); ++i) {
        ::sigaction(own_signals[i], &earlier_actions[i], nullptr);
    }
    ::raise(signal); // as soon as this returns
}

template <class T> std::span<char> bytes_of(T& value) {
    return {reinterpret_cast<char*>(&value), sizeof value};
}

} // namespace

void note_own_signals() {
    struct sigaction action {};
    action.sa_handler = handle_own_signal;
    for (std::size_t i = 0; i < own_signals.size(); ++i) {
        ::sigaction(own_signals[i], &action, &earlier_actions[i]);
    }
}

void CrashNotes::note_own_signal() noexcept {
    constexpr std::uint32_t yes = 1;
    if (const int file = noted_in;
        file >= 0 && ::pwrite(file, &yes, sizeof yes, offsetof(Header, own_signal)) < 0) {
        return; // it ends in any case
    }
}

CrashNotes::~CrashNotes() {
    if (file_ >= 0) {
        int mine = file_;
        noted_in.compare_exchange_strong(mine, -1);
        ::close(file_);
    }
}

CrashNotes::Past CrashNotes::begin(const std::string& database, const std::string& boot_id) {
    path_ = common::without_links(database) + "-run";
    boot_id_ = boot_id;
    Page last;
    Past past;
    const int old = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (old >= 0) {
        const Header ours;
        const auto bytes = bytes_of(last);
        const bool whole = ::pread(old, bytes.data(), bytes.size(), 0) == ::ssize_t{sizeof last};
        ::close(old);
        last.header.boot_id.back() = '\0';
        if (whole && last.header.magic == ours.magic && last.header.boot_id.data() == boot_id) {
            past.ends = last.header.ends + 1;
            std::ranges::copy_if(last.in_hand, std::back_inserter(past.in_hand),
                                 [](const InHand& one) { return one.delivery > 0; });
            read_before_ = last.in_hand[reading_place];
            // Each was noted as if this end were its fault.
            if (last.header.own_signal == 0 && past.in_hand.size() > 1) {
                for (auto& one : past.in_hand) {
                    --one.ends;
                }
                read_before_.ends -= std::min(read_before_.ends, 1U);
                std::erase_if(past.in_hand, [](const InHand& one) { return one.ends == 0; });
            }
        }
    }
    watching_ = past.ends > 0;
    for (std::size_t place = places; --place > reading_place;) {
        free_.push_back(place);
    }
    file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    Page fresh;
    if (file_ >= 0 && ::pwrite(file_, &fresh, sizeof fresh, 0) != ::ssize_t{sizeof fresh}) {
        ::unlink(path_.c_str()); // a part of it must not be taken for the whole
        ::close(std::exchange(file_, -1));
    }
    write_header(past.ends);
    noted_in = file_;
    return past;
}

void CrashNotes::write_header(std::uint32_t ends) {
    Header header;
    boot_id_.copy(header.boot_id.data(), header.boot_id.size() - 1);
    header.ends = ends;
    if (file_ >= 0 && ::pwrite(file_, &header, sizeof header, 0) < 0) {
        return; // goes on without notes
    }
}

void CrashNotes::write_place(std::size_t place, const InHand& one) {
    const auto at = sizeof(Header) + place * sizeof one;
    if (file_ >= 0 && ::pwrite(file_, &one, sizeof one, static_cast<::off_t>(at)) < 0) {
        return; // goes on without notes
    }
}

void CrashNotes::take(std::int64_t delivery, std::uint32_t ends) {
    if (!watching_) {
        return;
    }
    auto found = places_.find(delivery);
    if (found == places_.end()) {
        if (free_.empty()) {
            return;
        }
        found = places_.emplace(delivery, free_.back()).first;
        free_.pop_back();
    }
    write_place(found->second, {delivery, ends + 1});
}

void CrashNotes::put_down(std::int64_t delivery) {
    if (const auto found = places_.find(delivery); watching_ && found != places_.end()) {
        write_place(found->second, {});
        free_.push_back(found->second);
        places_.erase(found);
    }
}

void CrashNotes::reading(std::int64_t delivery) {
    if (watching_) {
        const auto before = delivery == read_before_.delivery ? read_before_.ends : 0;
        write_place(reading_place, delivery == 0 ? InHand{} : InHand{delivery, before + 1});
    }
}

void CrashNotes::settle() {
    for (const auto& [delivery, place] : std::exchange(places_, {})) {
        write_place(place, {});
        free_.push_back(place);
    }
    watching_ = false;
    write_header(0);
}

void CrashNotes::end() {
    if (file_ >= 0) {
        ::unlink(path_.c_str());
    }
}

} // namespace agent
