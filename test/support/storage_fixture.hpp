// For tests of the queue and its database: a folder that is removed with the test, and a queue on a
// real file with the loop as the database's thread.
#pragma once

#include "agent/queue/queue.hpp"
#include "agent/store/fresh_events.hpp"
#include "agent/store/salvage.hpp"
#include "test/support/test_clock.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

namespace test {

using namespace std::chrono_literals;
using agent::Accepted;
using agent::Delivery;
using agent::DeliveryState;
using agent::Edit;
using agent::NewEvent;
using agent::Outcome;
using agent::RecordedOutcome;
using agent::Selection;
using common::Fault;
using common::Result;

class Folder {
  public:
    Folder() {
        std::string name = std::filesystem::temp_directory_path() / "ffl-storage-XXXXXX";
        path_ = ::mkdtemp(name.data());
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

inline std::string contents(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

inline void write(const std::string& path, const std::string& bytes) {
    std::ofstream{path, std::ios::binary} << bytes;
}

/// A webhook as in a snapshot.
inline std::shared_ptr<agent::Webhook> webhook(const std::string& key) {
    auto made = std::make_shared<agent::Webhook>();
    made->key = key;
    made->name = "webhook " + key;
    made->state = agent::WebhookState::serving;
    return made;
}

inline NewEvent event(const std::string& id, const std::vector<std::string>& webhooks,
                      std::string body = "") {
    NewEvent made;
    made.event_id = id;
    made.bytes = std::make_shared<const std::string>(body.empty() ? R"({"id":")" + id + "\"}"
                                                                  : std::move(body));
    for (const auto& key : webhooks) {
        made.deliveries.push_back({webhook(key), std::nullopt});
    }
    return made;
}

/// One run of the queue: starts with what is on disk and ends with stop().
class OneRun {
  public:
    OneRun(common::asio::io_context& loop, TestClock& clock, const agent::Config& config)
        : loop_{loop}, clock_{clock}, database{loop.get_executor(), loop.get_executor()},
          queue{loop.get_executor(), clock, database, config, stats}, group_{loop.get_executor()} {
        auto good = agent::start_database(database, config.queue.path, config.queue.sync);
        if (!good) {
            throw std::runtime_error{good.error().message};
        }
        opened = good->opened;
        queue.load(*good);
        queue.on_committed([this](std::vector<Delivery> deliveries) {
            offered.insert(offered.end(), std::make_move_iterator(deliveries.begin()),
                           std::make_move_iterator(deliveries.end()));
        });
        queue.on_rows_changed([this](const Selection& selection) { edits.push_back(selection); });
        queue.start(group_);
    }
    ~OneRun() { stop(); }

    void stop() {
        group_.cancel();
        clock_.settle();
        database.close();
    }

    Result<Accepted> add(std::vector<NewEvent> events) {
        return run(loop_, queue.add(std::move(events)));
    }
    /// Adds events that the queue must accept.
    Accepted take(std::vector<NewEvent> events) {
        auto added = add(std::move(events));
        EXPECT_TRUE(added) << added.error().message;
        return added.value_or(Accepted{});
    }
    agent::DueBatch fresh(std::vector<std::string> webhooks, std::int64_t after = 0,
                          std::size_t limit = 100) {
        auto batch = run(loop_, queue.fresh(std::move(webhooks), after, {limit}));
        EXPECT_TRUE(batch) << batch.error().message;
        return batch.value_or(agent::DueBatch{});
    }
    agent::DueBatch due(std::vector<std::string> webhooks, std::size_t limit = 100) {
        auto batch = run(loop_, queue.due(std::move(webhooks), {limit}));
        EXPECT_TRUE(batch) << batch.error().message;
        return batch.value_or(agent::DueBatch{});
    }
    std::vector<agent::DeliveryRow> list(Selection selection = {}) {
        auto page = run(loop_, queue.list({std::move(selection), 0, 1'000'000}));
        EXPECT_TRUE(page) << page.error().message;
        return page ? page->rows : std::vector<agent::DeliveryRow>{};
    }
    std::optional<agent::DeliveryRow> show(std::int64_t id) {
        return run(loop_, queue.show(id)).value_or(std::nullopt);
    }

    std::uint64_t edit(Edit edit, Selection selection) {
        auto count = run(loop_, queue.edit(edit, std::move(selection)));
        EXPECT_TRUE(count) << count.error().message;
        return count.value_or(0);
    }

    void delivered(const Delivery& delivery) {
        queue.record({delivery.id, delivery.webhook, Outcome::Kind::delivered,
                      delivery.attempts + 1, 0, 200, "", false});
    }
    void failed(const Delivery& delivery, std::int64_t due, std::uint32_t attempts = 1,
                const std::string& error = "503 Service Unavailable") {
        queue.record({delivery.id, delivery.webhook, Outcome::Kind::retry, attempts, due, 503,
                      error, false});
    }
    void died(const Delivery& delivery, std::uint32_t attempts = 1) {
        queue.record({delivery.id, delivery.webhook, Outcome::Kind::dead, attempts, 0, 500,
                      "500 Internal Server Error", false});
    }
    /// Advances the clock past the second within which outcomes are written.
    void pass() { clock_.advance(1'001ms); }

    /// Reads the file over a connection of its own, as sqlite3 would.
    std::int64_t number(const std::string& sql) {
        SQLite::Database file{database.path(), SQLite::OPEN_READONLY};
        return file.execAndGet(sql).getInt64();
    }
    /// Rows, wherever they are.
    std::int64_t deliveries() {
        return number("SELECT (SELECT count(*) FROM delivery) + (SELECT count(*) FROM fresh_event, "
                      "json_each(webhooks) WHERE json_each.type = 'text')");
    }
    std::int64_t events() {
        return number("SELECT (SELECT count(*) FROM event) + (SELECT count(*) FROM fresh_event)");
    }
    /// For tests that look at rows or change them: makes the fresh events ordinary ones.
    void move_out() {
        EXPECT_TRUE(database.run_now([](auto& connection) { agent::move_out_all(connection); }));
    }
    void execute(const std::string& sql) {
        SQLite::Database file{database.path(), SQLite::OPEN_READWRITE};
        file.exec(sql);
    }

  private:
    common::asio::io_context& loop_;
    TestClock& clock_;

  public:
    agent::Counters stats;
    common::Database database;
    agent::OpenReport opened;
    agent::Queue queue;
    std::vector<Delivery> offered; ///< all that on_committed() has passed
    std::vector<Selection> edits;  ///< all that on_rows_changed() has passed

  private:
    common::TaskGroup group_;
};

class Storage : public ::testing::Test {
  protected:
    Storage() {
        config.queue.path = folder.file("agent.db");
        config.queue.min_free = 0;
    }
    /// Ends the current run, if any, and starts the next.
    OneRun& start() {
        current_.reset();
        current_ = std::make_unique<OneRun>(loop, clock, config);
        return *current_;
    }
    OneRun& now() { return *current_; }
    void stop() { current_.reset(); }

    Folder folder;
    common::asio::io_context loop;
    TestClock clock{loop};
    agent::Config config;

  private:
    std::unique_ptr<OneRun> current_;
};

inline std::vector<std::int64_t> ids_of(const std::vector<Delivery>& deliveries) {
    std::vector<std::int64_t> ids;
    for (const auto& one : deliveries) {
        ids.push_back(one.id);
    }
    return ids;
}
inline std::vector<std::string> events_of(const std::vector<Delivery>& deliveries) {
    std::vector<std::string> ids;
    for (const auto& one : deliveries) {
        ids.push_back(one.event_id);
    }
    return ids;
}

} // namespace test
