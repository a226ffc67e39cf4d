// ProblemHistory: since when each problem lasts, from one look to the next. The watchdog looks
// every ten seconds. Loop thread; after a restart it begins anew.
#pragma once

#include "agent/api/problems.hpp"
#include "common/base/time.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace agent {

class ProblemHistory {
  public:
    /// Sets since_s where it is unknown and matters. Problems that are no longer there are
    /// forgotten.
    void date(std::vector<Problem>& problems, common::Instant now);
    /// How long ago `refused`, a counter, was first seen to be as high as it is. Nothing while it
    /// is zero.
    std::optional<double> refused_s(std::uint64_t refused, common::Instant now);

  private:
    std::map<std::string, common::Instant> first_seen_; ///< by Problem::id
    std::uint64_t refused_ = 0;
    common::Instant refused_at_;
};

} // namespace agent
