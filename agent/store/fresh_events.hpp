// Fresh events: those that came a moment ago, each whole in one row together with the webhooks that
// do not have it yet. Most are delivered at once: then one row was written and deleted, and no
// index knew of it. An event leaves for the tables `event` and `delivery`, which are searched by
// indexes, with its first failed attempt, with an edit, and when `most_fresh` newer ones have come,
// so that reading them all costs little. Database thread only. Functions throw as SQLite does.
#pragma once

#include "agent/store/rows.hpp"
#include "common/sqlite/database.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agent {

/// How many events may come after one that stays among the fresh ones.
inline constexpr std::int64_t most_fresh = 256;

/// A delivery of a fresh event. Never tried, as far as the disk knows.
struct FreshDelivery {
    std::int64_t id = 0;
    std::string webhook;
};

struct FreshEvent {
    std::string event_id;
    std::int64_t accepted_at = 0; ///< queue time
    std::string body;
    std::vector<FreshDelivery> deliveries; ///< by id

    /// Null if the event has no such delivery.
    [[nodiscard]] const FreshDelivery* delivery(std::int64_t id) const;
};

/// Whether the event is small enough: its row must fit into a page, and rewriting it when one of
/// its deliveries has been made must be cheap.
bool fits_fresh(const EventRow& event);
void put_fresh(common::Connection& connection, const EventRow& event);

/// The column `webhooks`: a JSON array with a place for each delivery, null where it has been made.
std::vector<FreshDelivery> parse_fresh(std::int64_t event, const std::string& webhooks);
/// Deliveries above `after` and below `below`, by id.
std::vector<FreshDelivery>
fresh_deliveries(common::Connection& connection, std::int64_t after,
                 std::int64_t below = std::numeric_limits<std::int64_t>::max());
/// The delivery with this id, or the first one above it.
std::optional<FreshDelivery> first_fresh(common::Connection& connection, std::int64_t from);

std::optional<FreshEvent> read_fresh_event(common::Connection& connection, std::int64_t event);
/// Calls `each` (row id, event id, body) for each event whose id its producer gave.
void for_each_given(
    common::Connection& connection,
    const std::function<void(std::int64_t, std::string_view, std::string_view)>& each);
/// When the first of them was accepted (queue time); INT64_MAX if there are none.
std::int64_t oldest_fresh_at(common::Connection& connection);
/// When the last of them was accepted; 0 if there are none.
std::int64_t newest_fresh_at(common::Connection& connection);

/// As delete_delivery(). Nothing if no fresh event has this delivery.
std::optional<DeletedDelivery> delete_fresh(common::Connection& connection, std::int64_t id);

/// Moves one event to the other tables. Does nothing if it is not a fresh one.
void move_out(common::Connection& connection, std::int64_t event);
/// The same for those with ids below `below`.
void move_out_below(common::Connection& connection, std::int64_t below);
/// For what searches by index; nearly free if there are none. In a transaction of its own.
void move_out_all(common::Connection& connection);
/// Moves the older ones out once there is one that `most_fresh` events have followed. `next` is the
/// id of the next event.
void keep_few_fresh(common::Connection& connection, std::int64_t next);
/// Whether an event of a commit is one that may stay when `next` is the id of the next event after
/// that commit.
bool may_stay_fresh(std::int64_t event, std::int64_t next);

} // namespace agent
