// Cooldowns: until when a webhook wants no further delivery for one key value. Loop thread. Kept in
// memory; what a group of events sets is written with the group's commit and is taken back when
// that fails, so memory and disk say the same. Survives restarts.
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
    /// Whether a delivery may go now; then the next may only after `span` ms.
    bool take(const std::string& webhook, const std::string& value, std::int64_t span,
              std::int64_t now);

    /// What take() set since the last keep() or undo(): one place further for each mark. undo(n)
    /// takes back all but the first n.
    [[nodiscard]] std::size_t taken() const { return undo_.size(); }
    void undo(std::size_t keep = 0);
    void keep() { undo_.clear(); }
    /// The marks set since the last keep().
    [[nodiscard]] std::vector<CooldownMark> marks() const;

    /// Forgets those that are over; whether there were any.
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
