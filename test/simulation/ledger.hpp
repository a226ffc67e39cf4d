// Ledger: what the agent owes, and what became of it. Every event that was answered with 202 is a
// duty towards each webhook that it matched. The ledger is told what the targets see and judges it
// at once; what remains is judged at the end, against the rows of the queue.
#pragma once

#include "test/simulation/clock.hpp"
#include "test/simulation/definitions.hpp"
#include "test/simulation/network.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace simulation {

/// The agent has broken a promise.
struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A delivery in the queue.
struct Row {
    std::string event, webhook;
    bool dead = false;
    unsigned attempts = 0;
    std::string last_error;
};

/// For messages.
std::string name_of(const std::string& event, const std::string& webhook);

/// What a configuration allows to be given up.
struct Terms {
    common::Millis max_age{0};  ///< 0: nothing expires
    bool drops_oldest = false;  ///< a queue that is full may drop what is pending
    bool small_queue = false;   ///< dead letters may have to make room
    common::Millis cooldown{0}; ///< of the webhook `cooled`, by camera; 0: none
    std::string cooled;
    [[nodiscard]] bool cools(const std::string& webhook) const {
        return cooldown.count() > 0 && webhook == cooled;
    }
    std::string poisoned; ///< an event that ends the agent as often as it attempts to deliver it
};

class Ledger {
  public:
    Ledger(const Clock& clock, const Definitions& definitions, Terms terms)
        : clock_{clock}, definitions_{definitions}, terms_{terms} {}

    /// A producer begins to send the event, which may be delivered from now on. `webhooks` are
    /// those that it matches now.
    void offered(const std::string& event, int camera, const std::vector<std::string>& webhooks);
    /// A delivery that an earlier version has left, after so many attempts.
    void inherited(const std::string& event, int camera, const std::string& webhook,
                   unsigned attempts);
    /// It was answered with 202. `webhooks` are those that it certainly matched.
    void accepted(const std::string& event, const std::vector<std::string>& webhooks);

    void begun(const Call& call);
    void ended(const Call& call);
    /// Rows may go or change without an attempt: what is fresh now is no longer known to be owed
    /// before a retry.
    void disturbed() { fresh_.clear(); }

    /// The agent ended, and whether it could write down the outcomes it knew.
    void died(bool orderly);
    /// Whether the disk has a fault from now on. Meanwhile outcomes may not be written, and a death
    /// makes the agent forget those.
    void disk_fails(bool yes);
    /// The disk has little room from now on: dead letters may have to make some, as in a queue that
    /// is small.
    void disk_fills() { terms_.small_queue = true; }
    /// The database does nothing until then.
    void stalls(WorldTime until) { stalls_.emplace_back(clock_.world(), until); }
    /// Somebody retries or drops deliveries: of a webhook and an event, of each where it is empty.
    void retried(const std::string& webhook, const std::string& of_event = {});
    void dropped(const std::string& webhook, const std::string& of_event = {});
    /// A page or a bit of the files was damaged: rows that were on it may be lost.
    void damaged() { ++damages_; }
    /// A sector cannot be read: likewise, but what else is known stays true.
    void has_bad_sector() { ++bad_sectors_; }

    /// Notes that a promise was broken; the first one counts. Where nothing may be thrown, for the
    /// agent would catch it.
    void fail(const std::string& what) { broken_ = broken_.empty() ? what : broken_; }
    /// Throws Broken after fail().
    void check() const {
        if (!broken_.empty()) {
            throw Broken{broken_};
        }
    }
    /// The rows as the agent has read them since that time, one after the other: fails if a duty
    /// that is older has neither been delivered nor is among them.
    void audit(const std::vector<Row>& rows, WorldTime since);
    /// Throws Broken unless every duty was delivered, is among the rows, or may be given up.
    void settle(const std::vector<Row>& rows);

    /// The longest time from 202 to 2xx of the webhook's deliveries since the last call.
    common::Millis longest_wait(const std::string& webhook);
    /// Duties that are neither delivered nor dropped.
    [[nodiscard]] std::uint64_t open() const;
    [[nodiscard]] std::uint64_t duties() const { return duties_; }
    [[nodiscard]] std::uint64_t delivered() const { return delivered_; }
    [[nodiscard]] std::uint64_t repeated() const { return repeated_; }
    [[nodiscard]] std::uint64_t lost_to_damage() const { return lost_; }

  private:
    struct Duty {
        bool owed = false;
        bool dropped = false;
        bool retried = false; ///< by a person: its attempts count from the beginning
        bool tried = false;   ///< in this life, to its end
        unsigned attempts = 0;
        unsigned extra = 0;     ///< attempts that a person allows besides, or a death
        unsigned unwritten = 0; ///< attempts of this life that may not be written
        unsigned delivered = 0;
        int life = 0; ///< of the last 2xx
        WorldTime at{0};
    };
    struct Event {
        int camera = 0;
        WorldTime first_offered{0}, offered{0}, accepted{-1};
        bool inherited = false;
        bool resent = false;                 ///< its producer got no answer and has sent it again
        std::vector<std::string> offered_to; ///< the webhooks that it matched at first
        std::map<std::string, Duty> duties;  ///< by webhook
    };
    [[nodiscard]] bool disk_failed_since(WorldTime when) const;
    [[nodiscard]] common::Millis stalled_between(WorldTime from, WorldTime to) const;
    void require_fresh_first(const std::string& webhook);
    [[nodiscard]] bool may_repeat(const Duty& duty) const;
    [[nodiscard]] bool may_be_gone(const Event& event, const std::string& webhook,
                                   const Duty& duty) const;
    using Kept = std::set<std::pair<std::string, std::string>>; ///< event and webhook
    [[nodiscard]] bool is_lost(const std::string& id, const Event& event,
                               const std::string& webhook, const Duty& duty,
                               const Kept& kept) const;
    [[nodiscard]] static bool came(const std::string& id, const Event& event,
                                   const std::string& webhook, const Kept& kept);
    [[nodiscard]] bool may_be_gone(const Event& event, const std::string& webhook) const;
    [[nodiscard]] bool died_between(WorldTime from, WorldTime to) const;
    [[nodiscard]] bool may_be_suppressed(const Event& event, const std::string& webhook,
                                         const Kept& kept) const;
    void require_cooldowns(const Kept& kept) const;
    void judge(const Row& row, const Duty& duty) const;

    const Clock& clock_;
    const Definitions& definitions_;
    Terms terms_;
    std::string broken_;
    std::map<std::string, Event> events_;
    std::uint64_t duties_ = 0, delivered_ = 0, repeated_ = 0, lost_ = 0;
    std::uint64_t damages_ = 0, bad_sectors_ = 0;
    int life_ = 0;
    struct End {
        WorldTime at{0};
        bool orderly = true;
    };
    std::vector<End> ends_;                       ///< of the lives
    std::map<std::string, common::Millis> waits_; ///< by webhook
    /// Whether the last attempt of a webhook got no answer, and since when that is so.
    struct Silence {
        bool now = false;
        WorldTime since{0};
    };
    std::map<std::string, Silence> silences_; ///< by webhook
    /// By webhook: the deliveries without an attempt, and when they were accepted.
    std::map<std::string, std::map<std::string, WorldTime>> fresh_;
    std::vector<std::pair<WorldTime, WorldTime>> stalls_;
    bool disk_fails_ = false;
    WorldTime disk_failed_at_{-1'000'000}; ///< until then, if it does not now
};

} // namespace simulation
