#include "agent/api/problem_history.hpp"

namespace agent {

void ProblemHistory::date(std::vector<Problem>& problems, common::Instant now) {
    std::map<std::string, common::Instant> seen;
    for (auto& problem : problems) {
        const auto known = first_seen_.find(problem.id);
        const auto since = known == first_seen_.end() ? now : known->second;
        seen.emplace(problem.id, since);
        if (problem.dated && !problem.since_s) {
            problem.since_s = common::seconds(now - since);
        }
    }
    first_seen_ = std::move(seen);
}

std::optional<double> ProblemHistory::refused_s(std::uint64_t refused, common::Instant now) {
    if (refused != refused_) {
        refused_ = refused;
        refused_at_ = now;
    }
    return refused_ == 0 ? std::nullopt : std::optional{common::seconds(now - refused_at_)};
}

} // namespace agent
