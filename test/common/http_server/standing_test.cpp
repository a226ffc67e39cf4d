#include "common/http_server/standing.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using common::http_server::Stage;
using common::http_server::Standing;
using common::http_server::yields_connection;
using common::http_server::yields_memory;
using Rank = std::optional<unsigned>;

const common::Instant now{1h};
constexpr common::Millis patience{1'000};
constexpr Rank stays{};

struct Row {
    const char* what;
    Stage stage;
    bool answered;
    common::Millis since, moved; ///< ago
    Rank rank;
};

Standing standing(const Row& row) {
    return {row.stage, row.answered, now - row.since, now - row.moved};
}

TEST(YieldsConnection, TheLeastUsefulFirst) {
    for (const auto& row : {
             Row{"half a handshake", Stage::connecting, false, 250ms, 250ms, 0},
             Row{"a handshake just begun", Stage::connecting, false, 249ms, 0ms, stays},
             Row{"half a head", Stage::head, false, 250ms, 0ms, 0},
             Row{"half a head after an answer", Stage::head, true, 250ms, 0ms, 0},
             Row{"a head just begun", Stage::head, false, 249ms, 0ms, stays},
             Row{"silent from the start", Stage::idle, false, 1'000ms, 1'000ms, 0},
             Row{"silent for a moment", Stage::idle, false, 999ms, 999ms, 4},
             Row{"accepted just now", Stage::idle, false, 249ms, 249ms, stays},
             Row{"idle between requests", Stage::idle, true, 0ms, 0ms, 1},
             Row{"a refused body", Stage::draining, false, 1'000ms, 0ms, 0},
             Row{"a refused body just begun", Stage::draining, false, 999ms, 0ms, stays},
             Row{"its last answer sent", Stage::lingering, true, 250ms, 250ms, 0},
             Row{"a body that stands still", Stage::body, false, 9s, 5'000ms, 2},
             Row{"a body that arrives slowly", Stage::body, false, 9s, 4'999ms, stays},
             Row{"an answer that is not read", Stage::answering, false, 9s, 5'000ms, 3},
             Row{"an answer that is read slowly", Stage::answering, false, 9s, 4'999ms, stays},
             Row{"being handled", Stage::handling, false, 1h, 1h, stays},
         }) {
        EXPECT_EQ(yields_connection(standing(row), now, patience), row.rank) << row.what;
    }
}

TEST(YieldsMemory, WhatStandsStillBeforeWhatTakesLong) {
    for (const auto& row : {
             Row{"a body that stands still", Stage::body, false, 1'000ms, 1'000ms, 0},
             Row{"a body that arrives", Stage::body, false, 4'999ms, 999ms, stays},
             Row{"a body that never ends", Stage::body, false, 5'000ms, 0ms, 1},
             Row{"an answer that is not read", Stage::answering, false, 2'000ms, 2'000ms, 0},
             Row{"an answer that is read", Stage::answering, false, 1h, 1'999ms, stays},
             Row{"being handled", Stage::handling, false, 1h, 1h, stays},
             Row{"idle", Stage::idle, true, 1h, 1h, stays},
         }) {
        EXPECT_EQ(yields_memory(standing(row), now, patience), row.rank) << row.what;
    }
}

} // namespace
