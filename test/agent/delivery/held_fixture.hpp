// Deliveries and batches for the tests of what a lane holds.
#pragma once

#include "agent/store/rows.hpp"

#include <gtest/gtest.h>
#include <unordered_set>

namespace agent {

using Ids = std::vector<std::int64_t>;

inline Delivery delivery(std::int64_t id, std::uint32_t attempts = 0, std::size_t size = 10) {
    return {id,       "1", "e" + std::to_string(id), std::make_shared<const std::string>(size, 'x'),
            attempts, 0};
}

inline DueBatch batch(const Ids& ids, bool more = false, std::uint32_t attempts = 0) {
    DueBatch made;
    for (const auto id : ids) {
        made.deliveries.push_back(delivery(id, attempts));
    }
    made.more = more;
    return made;
}

inline common::Result<DueBatch> failed_read() {
    return common::fail(common::Fault::storage, "disk I/O error");
}

template <class Held> Ids pop_all(Held& held) {
    Ids ids;
    while (!held.empty()) {
        ids.push_back(held.pop().id);
    }
    return ids;
}

/// Held deliveries of the type under test, and the ids that are held elsewhere.
template <class Held> struct HeldTest : ::testing::Test {
    std::unordered_set<std::int64_t> elsewhere;
    Held held{[this](std::int64_t id) { return elsewhere.contains(id); }};
};

} // namespace agent
