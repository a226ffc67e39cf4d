#include "agent/store/queue_time.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>
#include <algorithm>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

template <class Point> std::int64_t in_ms(Point when) {
    return std::chrono::duration_cast<common::Millis>(when.time_since_epoch()).count();
}

} // namespace

void QueueTime::start(const std::optional<TimeAnchor>& last, std::int64_t floor) {
    begun_ = true;
    started_ = in_ms(clock_.now());
    at_start_ = first;
    if (last) {
        std::int64_t off = 0;
        if (last->boot_id == clock_.boot_id()) {
            off = started_ - last->monotonic;
        } else if (last->synchronized && clock_.synchronized()) {
            off = in_ms(clock_.wall()) - last->wall;
        }
        at_start_ = last->queue + std::max<std::int64_t>(off, 0);
    }
    at_start_ = std::max(at_start_, floor);
}

std::int64_t QueueTime::now() const {
    return at_start_ + in_ms(clock_.now()) - started_;
}

TimeAnchor QueueTime::anchor() const {
    return {.queue = now(),
            .boot_id = clock_.boot_id(),
            .monotonic = in_ms(clock_.now()),
            .wall = in_ms(clock_.wall()),
            .synchronized = clock_.synchronized(),
            .next_event = 0};
}

std::optional<TimeAnchor> read_anchor(common::Connection& connection) {
    auto& query = connection.prepared("SELECT value FROM meta WHERE key = 'queue_time'");
    if (!query.executeStep()) {
        return std::nullopt;
    }
    const auto text = query.getColumn(0).getString();
    query.reset();
    return parse_anchor(text);
}

std::optional<TimeAnchor> parse_anchor(const std::string& text) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    // Anything is possible in a row salvaged from a damaged database.
    const auto number = [&](const char* key) {
        const auto found = json.find(key);
        return found != json.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
    };
    if (!json.is_object() || number("queue") < QueueTime::first || !json.contains("boot_id") ||
        !json["boot_id"].is_string()) {
        return std::nullopt;
    }
    return TimeAnchor{.queue = number("queue"),
                      .boot_id = json["boot_id"].get<std::string>(),
                      .monotonic = number("monotonic"),
                      .wall = number("wall"),
                      .synchronized = json.value("synchronized", nlohmann::json{}) == true,
                      .next_event = number("next_event")};
}

void write_anchor(common::Connection& connection, const TimeAnchor& anchor) {
    const nlohmann::json json{{"queue", anchor.queue},
                              {"boot_id", anchor.boot_id},
                              {"monotonic", anchor.monotonic},
                              {"wall", anchor.wall},
                              {"synchronized", anchor.synchronized},
                              {"next_event", anchor.next_event}};
    auto& put =
        connection.prepared("INSERT OR REPLACE INTO meta(key, value) VALUES('queue_time', ?)");
    put.bind(1, json.dump());
    put.exec();
}

} // namespace agent
