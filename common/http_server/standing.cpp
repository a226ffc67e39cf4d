#include "common/http_server/standing.hpp"

namespace common::http_server {

namespace {

std::optional<unsigned> after(Millis wait, Instant begin, Instant now, unsigned rank) {
    return now - begin >= wait ? std::optional{rank} : std::nullopt;
}

} // namespace

std::optional<unsigned> yields_connection(const Standing& standing, Instant now, Millis patience) {
    switch (standing.stage) {
    case Stage::connecting:
    case Stage::head:
    case Stage::lingering:
        return after(patience / 4, standing.since, now, 0);
    case Stage::draining:
        return after(patience, standing.since, now, 0);
    case Stage::idle:
        if (standing.answered) {
            return 1;
        }
        if (const auto silent = after(patience, standing.since, now, 0)) {
            return silent;
        }
        return after(patience / 4, standing.since, now, 4);
    case Stage::body:
        return after(5 * patience, standing.moved, now, 2);
    case Stage::answering:
        return after(5 * patience, standing.moved, now, 3);
    case Stage::handling:
        break;
    }
    return std::nullopt;
}

std::optional<unsigned> yields_memory(const Standing& standing, Instant now, Millis patience) {
    switch (standing.stage) {
    case Stage::head:
    case Stage::draining:
        return after(patience, standing.moved, now, 0);
    case Stage::body:
        if (const auto still = after(patience, standing.moved, now, 0)) {
            return still;
        }
        return after(5 * patience, standing.since, now, 1);
    case Stage::answering:
        return after(2 * patience, standing.moved, now, 0);
    case Stage::connecting:
    case Stage::idle:
    case Stage::handling:
    case Stage::lingering:
        break;
    }
    return std::nullopt;
}

} // namespace common::http_server
