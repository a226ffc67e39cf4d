// The list of everything that is wrong, worst first: from facts to problems. Pure.
#pragma once

#include "agent/api/problems.hpp"

#include <vector>

namespace agent {

/// Worst first.
std::vector<Problem> find_problems(const StatusFacts& facts);

/// `problems` are those of the facts.
Verdict verdict_of(const StatusFacts& facts, const std::vector<Problem>& problems);

} // namespace agent
