// The rows of the queue as people see them: reading them on a connection, and their JSON text.
// Shared by the running agent (database thread) and the command line, which reads the database
// itself while the service is stopped.
#pragma once

#include "agent/store/row_query.hpp"
#include "common/base/time.hpp"
#include "common/sqlite/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace agent {

struct AttemptRow {
    std::uint32_t attempt = 0;
    std::int64_t age_ms = 0;
    unsigned status = 0; ///< 0: no answer
    std::string error;
};

struct DeliveryRow {
    std::int64_t id = 0;
    DeliveryState state = DeliveryState::pending;
    std::string webhook; ///< key
    std::string event_id;
    std::int64_t age_ms = 0;
    std::uint32_t attempts = 0;
    std::optional<std::int64_t> next_attempt_ms; ///< from now; none for dead letters
    unsigned last_status = 0;
    std::string last_error;
    std::string event;               ///< the event's bytes, if asked for
    std::vector<AttemptRow> history; ///< the most recent attempts, if asked for
};

struct RowPage {
    std::vector<DeliveryRow> rows;
    std::optional<std::int64_t> next; ///< pass it as `after` to read the next page
};

/// A page ends early after some megabytes of bodies, and where it has looked at thousands of rows
/// that the query does not select: it may even be empty. `now` is the queue time; without an agent
/// it comes from read_queue_time(). Throws as SQLite does.
RowPage read_rows(common::Connection& connection, const RowQuery& query, std::int64_t now);
std::optional<DeliveryRow> read_row(common::Connection& connection, std::int64_t id,
                                    std::int64_t now);

/// Which of the parts of a row to include that are long or depend on more than the row.
struct RowParts {
    bool event = false;
    bool history = false;
    /// The wall clock now: adds `accepted_at`, and to each attempt `at`.
    std::optional<common::WallTime> now{};
};
/// One delivery as the API shows it, as the text of a JSON object; `name` is the webhook's. The
/// event is copied byte for byte: parsing and serialising it would change ids beyond 64 bits, or
/// 1.0.
std::string row_text(const DeliveryRow& row, std::string_view name, RowParts parts);
/// What GET /v1/deliveries returns: a page of such texts, where the next page begins, if any, and
/// how many rows there are on all pages together, where that is known.
std::string page_text(const std::vector<std::string>& rows, std::optional<std::int64_t> next,
                      std::optional<std::uint64_t> total);

} // namespace agent
