// The rows of the queue as people see them, and reading them on a connection: shared by the running
// agent and by the command line, which looks into the database itself when the service is stopped.
#pragma once

#include "agent/store/selection.hpp"
#include "common/sqlite/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace agent {

struct AttemptRow {
    std::uint32_t attempt = 0;
    std::int64_t age_ms = 0; ///< how long ago
    unsigned status = 0;     ///< 0: no answer
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
    std::string event;               ///< the bytes, where they were asked for
    std::vector<AttemptRow> history; ///< the last ones, where they were asked for
};

struct RowPage {
    std::vector<DeliveryRow> rows;
    std::optional<std::int64_t> next; ///< give it as `after` for the next page
};

/// `now`: queue time; from read_queue_time() when there is no agent. Throws as SQLite does.
RowPage read_rows(common::Connection& connection, const Selection& selection, std::int64_t after,
                  std::size_t limit, bool with_bodies, std::int64_t now);
std::optional<DeliveryRow> read_row(common::Connection& connection, std::int64_t id,
                                    std::int64_t now);

/// Which of the long parts of a row are wanted.
struct RowParts {
    bool event = false;
    bool history = false;
};
/// One delivery as the API shows it, a JSON object as text; `name` is the webhook's. The event goes
/// in byte for byte: parsed and written again, an id beyond 64 bits or a 1.0 would come out as
/// something else.
std::string row_text(const DeliveryRow& row, std::string_view name, RowParts parts);

} // namespace agent
