#include "agent/store/outcome_rows.hpp"

#include "agent/store/deletion.hpp"
#include "agent/store/fresh_events.hpp"
#include "common/text/json.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <algorithm>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

using common::Connection;

constexpr std::uint64_t pages_per_piece = 64; // returned to the file system after each piece

std::string longer_history(const std::string& old, const std::vector<AttemptNote>& attempts) {
    using nlohmann::json;
    auto history = json::parse(old, nullptr, false);
    if (!history.is_array()) {
        history = json::array();
    }
    for (const auto& attempt : attempts) {
        history.push_back({attempt.attempt, attempt.at, attempt.status, attempt.error});
    }
    while (history.size() > history_length) {
        history.erase(history.begin());
    }
    return common::text_of(history);
}

/// The attempt failed: the row gets another due time or becomes a dead letter.
void write_failure(Connection& connection, const UnwrittenOutcome& outcome, CountChanges& changes) {
    const auto& latest = outcome.latest;
    move_out(connection, latest.id / deliveries_per_event);
    auto& query =
        connection.prepared("SELECT webhook, history FROM delivery WHERE id = ? AND state = 0");
    query.bind(1, latest.id);
    if (!query.executeStep()) {
        return; // dropped in the meantime, or its webhook was removed
    }
    const auto webhook = query.getColumn(0).getString();
    const auto history = longer_history(query.getColumn(1).getString(), outcome.attempts);
    query.reset();
    const bool dies = latest.kind == Outcome::Kind::dead;
    auto& update = connection.prepared("UPDATE delivery SET state = ?, attempts = ?, due = ?, "
                                       "last_status = ?, last_error = ?, history = ? "
                                       "WHERE id = ?");
    update.bind(1, dies ? row_dead : row_pending);
    update.bind(2, static_cast<std::int64_t>(latest.attempts));
    update.bind(3, dies ? outcome.attempts.back().at : std::max<std::int64_t>(latest.due, 1));
    update.bind(4, static_cast<std::int64_t>(latest.status));
    update.bind(5, latest.error);
    update.bind(6, history);
    update.bind(7, latest.id);
    update.exec();
    if (dies) {
        auto& change = changes[webhook];
        --change.pending;
        ++change.dead;
        change.died += latest.test ? 0 : 1;
    }
}

/// Whether it deletes the row, so that there is more space afterwards than before.
bool frees(const UnwrittenOutcome& outcome) {
    return outcome.latest.expired || outcome.latest.kind == Outcome::Kind::delivered;
}

} // namespace

void write_outcome(Connection& connection, const UnwrittenOutcome& outcome, CountChanges& changes) {
    const auto& latest = outcome.latest;
    if (!frees(outcome)) {
        write_failure(connection, outcome, changes);
    } else if (const auto gone = delete_delivery(connection, latest.id, changes);
               gone && latest.expired && !latest.test) {
        ++changes[gone->webhook].expired;
    }
}

std::vector<std::int64_t> write_in_pieces(Connection& connection,
                                          std::vector<UnwrittenOutcome> outcomes,
                                          CountChanges& changes) {
    std::stable_partition(outcomes.begin(), outcomes.end(), frees);
    auto at = outcomes.begin();
    for (auto piece = outcomes.end() - at; at != outcomes.end();) {
        const auto end = at + std::min(piece, outcomes.end() - at);
        reuse_wal(connection);
        try {
            SQLite::Transaction transaction{connection.handle(),
                                            SQLite::TransactionBehavior::IMMEDIATE};
            CountChanges done;
            for (auto one = at; one != end; ++one) {
                write_outcome(connection, *one, done);
            }
            transaction.commit();
            add(changes, done);
            at = end;
        } catch (const SQLite::Exception& error) {
            if (!says_full(error) || piece == 1) {
                break;
            }
            piece = std::max<std::ptrdiff_t>(piece / 8, 1);
            continue;
        }
        try {
            shrink(connection, pages_per_piece);
        } catch (const SQLite::Exception&) {
            // The next piece may fit all the same, and upkeep returns spare pages later.
        }
    }
    reuse_wal(connection);
    std::vector<std::int64_t> unwritten;
    std::transform(at, outcomes.end(), std::back_inserter(unwritten),
                   [](const auto& one) { return one.latest.id; });
    return unwritten;
}

} // namespace agent
