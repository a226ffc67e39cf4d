// Cooldowns: for how long a webhook gets no further delivery for one key value. Loop thread. Kept
// in memory; those that a group of events starts are written with its commit and undone if that
// fails, so memory and disk agree. Survives restarts.
#pragma once

#include "agent/store/rows.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace agent {

class Cooldowns {
  public:
    void load(std::vector<CooldownMark> marks);
    /// Whether a delivery may go at `now`. If so, a cooldown of `span` ms starts. All in queue
    /// time.
    bool start(const std::string& webhook, const std::string& value, std::int64_t span,
               std::int64_t now);

    /// Until when the one that start() found lasts; 0 if there is none.
    [[nodiscard]] std::int64_t until(const std::string& webhook, const std::string& value) const;

    /// How many cooldowns started since the last keep(). undo(n) keeps the first n of them.
    [[nodiscard]] std::size_t started() const { return undo_.size(); }
    void undo(std::size_t keep = 0);
    void keep() { undo_.clear(); }
    /// Those started since the last keep().
    [[nodiscard]] std::vector<CooldownMark> marks() const;

    /// Forgets those that are over. Returns whether there were any.
    bool expire(std::int64_t now);
    [[nodiscard]] std::size_t size() const { return until_.size(); }

  private:
    using Key = std::pair<std::string, std::string>; // webhook, value
    struct Before {
        Key key;
        std::optional<std::int64_t> until;
    };
    std::map<Key, std::int64_t> until_;
    std::vector<Before> undo_;
};

} // namespace agent
