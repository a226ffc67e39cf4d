#include "agent/store/outcome_rows.hpp"

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

constexpr std::uint64_t pages_a_piece = 64; // given back behind each

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

/// The attempt failed: the row goes on with another due time, or dies.
void write_failure(Connection& connection, const UnwrittenOutcome& held, CountChanges& changes) {
    const auto& latest = held.latest;
    auto& query =
        connection.prepared("SELECT webhook, history FROM delivery WHERE id = ? AND state = 0");
    query.bind(1, latest.id);
    if (!query.executeStep()) {
        return; // dropped or buried meanwhile
    }
    const auto webhook = query.getColumn(0).getString();
    const auto history = longer_history(query.getColumn(1).getString(), held.attempts);
    query.reset();
    const bool dies = latest.kind == Outcome::Kind::dead;
    auto& update = connection.prepared("UPDATE delivery SET state = ?, attempts = ?, due = ?, "
                                       "last_status = ?, last_error = ?, history = ? "
                                       "WHERE id = ?");
    update.bind(1, dies ? row_dead : row_pending);
    update.bind(2, static_cast<std::int64_t>(latest.attempts));
    update.bind(3, dies ? held.attempts.back().at : std::max<std::int64_t>(latest.due, 1));
    update.bind(4, static_cast<std::int64_t>(latest.status));
    update.bind(5, latest.error);
    update.bind(6, history);
    update.bind(7, latest.id);
    update.exec();
    if (dies) {
        auto& change = changes[webhook];
        --change.pending;
        ++change.dead;
        ++change.died;
    }
}

/// It deletes: afterwards there is more room than before.
bool frees(const UnwrittenOutcome& held) {
    return held.latest.expired || held.latest.kind == Outcome::Kind::delivered;
}

} // namespace

void write_outcome(Connection& connection, const UnwrittenOutcome& held, CountChanges& changes) {
    const auto& latest = held.latest;
    if (!frees(held)) {
        write_failure(connection, held, changes);
    } else if (const auto gone = delete_delivery(connection, latest.id, changes);
               gone && latest.expired) {
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
            for (auto held = at; held != end; ++held) {
                write_outcome(connection, *held, done);
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
            shrink(connection, pages_a_piece);
        } catch (const SQLite::Exception&) {
            // The next piece may still fit, and upkeep gives back what is spare.
        }
    }
    reuse_wal(connection);
    std::vector<std::int64_t> unwritten;
    std::transform(at, outcomes.end(), std::back_inserter(unwritten),
                   [](const auto& held) { return held.latest.id; });
    return unwritten;
}

} // namespace agent
