#include "agent/store/offline_queue.hpp"

#include "test/support/storage_fixture.hpp"

#include <nlohmann/json.hpp>

namespace test {

using agent::OfflineQueue;
using nlohmann::json;

class OfflineQueueTest : public Storage {
  protected:
    /// Three events for webhook 1, the first of them dead and the second with a retry, and one
    /// event for a local webhook. Returns the ids.
    std::vector<std::int64_t> fill_and_stop() {
        auto& run = start();
        run.execute(R"(INSERT INTO webhook VALUES(0, '1', '{"id":1,"name":"door"}'),
                       (1, '2', 'not JSON'), (2, '3', '{"name":7}'))");
        run.take({event("a", {"1"}), event("b", {"1"}), event("c", {"1"}),
                  event("d", {"local:gate"}, R"({"id":"d","n":1.0})"), event("e", {"3"})});
        run.died(run.offered[0]);
        run.failed(run.offered[1], run.queue.queue_time() + 60'000, 3, "caf\xE9");
        run.pass();
        const auto ids = ids_of(run.offered);
        stop();
        return ids;
    }
    std::unique_ptr<OfflineQueue> open() {
        auto queue = OfflineQueue::open(config.queue.path);
        if (!queue) {
            throw std::runtime_error{queue.error().message};
        }
        return std::move(*queue);
    }
    static json page(OfflineQueue& queue, const Selection& selection = {}, std::int64_t after = 0,
                     std::size_t limit = 100, bool with_bodies = false) {
        const auto text = queue.page({selection, after, limit, with_bodies});
        EXPECT_TRUE(text) << text.error().message;
        return json::parse(text.value_or("null"));
    }
    static std::vector<std::string> events_in(const json& page) {
        std::vector<std::string> ids;
        for (const auto& row : page.at("deliveries")) {
            ids.push_back(row.at("event_id"));
        }
        return ids;
    }
    using Events = std::vector<std::string>;
};

TEST_F(OfflineQueueTest, ListsAsTheApiDoes) {
    const auto ids = fill_and_stop();
    const auto queue = open();
    const auto all = page(*queue);
    EXPECT_EQ(events_in(all), (Events{"a", "b", "c", "d", "e"}));
    EXPECT_TRUE(all.at("next").is_null());
    const auto& dead = all["deliveries"][0];
    EXPECT_EQ(dead["id"], ids[0]);
    EXPECT_EQ(dead["state"], "dead");
    EXPECT_TRUE(dead["next_attempt_s"].is_null());
    EXPECT_EQ(dead["last_status"], 500);
    const auto& retry = all["deliveries"][1];
    EXPECT_EQ(retry["state"], "pending");
    EXPECT_EQ(retry["attempts"], 3);
    EXPECT_EQ(retry["last_error"], "caf\xEF\xBF\xBD");
    EXPECT_FALSE(all["deliveries"][2].contains("event"));
}

TEST_F(OfflineQueueTest, NamesTheWebhooks) {
    fill_and_stop();
    const auto rows = page(*open()).at("deliveries");
    EXPECT_EQ(rows[0]["name"], "door");
    EXPECT_EQ(rows[3]["name"], "gate") << "a local webhook's key is its name";
    EXPECT_EQ(rows[4]["name"], "") << "its definition has no name";
}

TEST_F(OfflineQueueTest, Selects) {
    const auto ids = fill_and_stop();
    const auto queue = open();
    const auto events = [&](const Selection& selection) {
        return events_in(page(*queue, selection));
    };
    EXPECT_EQ(events({.ids = {}, .state = DeliveryState::dead, .webhook = {}}), Events{"a"});
    EXPECT_EQ(events({.ids = {}, .state = {}, .webhook = "local:gate"}), Events{"d"});
    EXPECT_EQ(events({.ids = {}, .state = DeliveryState::pending, .webhook = "1"}),
              (Events{"b", "c"}));
    EXPECT_EQ(events({.ids = {ids[2], ids[0]}, .state = {}, .webhook = {}}), (Events{"a", "c"}));
    EXPECT_EQ(events({.ids = {}, .state = DeliveryState::dead, .webhook = "3"}), Events{});
}

TEST_F(OfflineQueueTest, ReadsPageByPage) {
    fill_and_stop();
    const auto queue = open();
    Events all;
    std::int64_t after = 0;
    std::size_t pages = 0;
    for (json next = 0; !next.is_null(); ++pages) {
        after = next;
        const auto one = page(*queue, {}, after, 2);
        for (const auto& id : events_in(one)) {
            all.push_back(id);
        }
        next = one.at("next");
    }
    EXPECT_EQ(pages, 3U);
    EXPECT_EQ(all, (Events{"a", "b", "c", "d", "e"}));
}

TEST_F(OfflineQueueTest, FindsWebhooksByName) {
    fill_and_stop();
    const auto queue = open();
    EXPECT_EQ(events_in(page(*queue, {{}, {}, "door"})), (Events{"a", "b", "c"}));
    EXPECT_EQ(events_in(page(*queue, {{}, {}, "gate"})), (Events{"d"}));
    EXPECT_EQ(events_in(page(*queue, {{}, {}, "3"})), (Events{"e"}));
    EXPECT_EQ(events_in(page(*queue, {{}, {}, "2"})), Events{}) << "known, without deliveries";
    const auto none = queue->page({.selection = {{}, {}, "dor"}});
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().fault, Fault::input);
    EXPECT_NE(none.error().message.find("did you mean \"door\"?"), std::string::npos)
        << none.error().message;
    EXPECT_FALSE(queue->page({.selection = {{}, {}, "lamp"}}));
    queue->also_known("local:lamp");
    EXPECT_EQ(events_in(page(*queue, {{}, {}, "lamp"})), Events{});
}

TEST_F(OfflineQueueTest, CountsWhatIsOnAllPages) {
    fill_and_stop();
    const auto queue = open();
    EXPECT_EQ(page(*queue, {}, 0, 1)["total"], 5);
    EXPECT_EQ(page(*queue, {{}, DeliveryState::dead, {}})["total"], 1);
    EXPECT_EQ(page(*queue, {{}, DeliveryState::pending, "1"}, 0, 1)["total"], 2);
    EXPECT_EQ(page(*queue, {{}, {}, "door"}, 0, 1)["total"], 3);
}

TEST_F(OfflineQueueTest, SearchesALongQueueStepByStep) {
    auto& run = start();
    // More rows than are read for one page; those that match are the first and the last.
    run.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000) "
                "INSERT INTO event SELECT i, 'e' || i, 0, 1000000 + i, '{}' FROM n");
    run.execute("INSERT INTO delivery SELECT id * 65536, '1', 0, 1, 0, 0, "
                "CASE WHEN id IN (1, 12000) THEN 'connect: Timed Out' ELSE '503' END, '[]' "
                "FROM event");
    stop();
    const auto queue = open();
    const auto search = [&](agent::RowQuery query) {
        Events found;
        for (int pages = 0; pages < 10; ++pages) {
            const auto text = queue->page(query);
            EXPECT_TRUE(text) << text.error().message;
            const auto page = json::parse(text.value_or("null"));
            EXPECT_TRUE(page.at("total").is_null());
            for (const auto& id : events_in(page)) {
                found.push_back(id);
            }
            if (page.at("next").is_null()) {
                return found;
            }
            query.after = page.at("next");
        }
        ADD_FAILURE() << "the pages have no end";
        return found;
    };
    EXPECT_EQ(search({.error = "timed out"}), (Events{"e1", "e12000"}));
    EXPECT_EQ(search({.order = agent::RowOrder::newest, .error = "timed out"}),
              (Events{"e12000", "e1"}));
    EXPECT_EQ(search({.event_id = "e7000"}), Events{"e7000"}) << "an id that the agent gave";
    EXPECT_EQ(search({.event_id = "e70000"}), Events{});
}

TEST_F(OfflineQueueTest, ShowsTheEventsBytesAndTheHistory) {
    const auto ids = fill_and_stop();
    const auto queue = open();
    const auto text = queue->one(ids[3]);
    ASSERT_TRUE(text) << text.error().message;
    EXPECT_NE(text->find(R"("event":{"id":"d","n":1.0})"), std::string::npos) << *text;
    EXPECT_EQ(page(*queue, {}, 0, 100, true)["deliveries"][3]["event"]["id"], "d");
    const auto retry = queue->one(ids[1]);
    ASSERT_TRUE(retry) << retry.error().message;
    const auto history = json::parse(*retry).at("history");
    ASSERT_EQ(history.size(), 1U);
    EXPECT_EQ(history[0]["attempt"], 3);
    EXPECT_EQ(history[0]["status"], 503);
}

TEST_F(OfflineQueueTest, RefusesAnUnknownId) {
    fill_and_stop();
    const auto text = open()->one(77);
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().fault, Fault::input);
    EXPECT_EQ(text.error().message, "there is no delivery 0.77");
}

TEST_F(OfflineQueueTest, WritesNothing) {
    fill_and_stop();
    const auto before = contents(config.queue.path);
    page(*open());
    EXPECT_TRUE(contents(config.queue.path) == before);
}

TEST_F(OfflineQueueTest, IsAnErrorWithoutADatabase) {
    struct Case {
        const char* what;
        std::optional<std::string> bytes;
    };
    for (const auto& [what, bytes] :
         {Case{"no file", std::nullopt}, Case{"garbage", std::string(20'000, 'x')},
          Case{"no tables", std::string{}}}) {
        SCOPED_TRACE(what);
        if (bytes) {
            write(config.queue.path, *bytes);
        }
        const auto queue = OfflineQueue::open(config.queue.path);
        ASSERT_FALSE(queue);
        EXPECT_EQ(queue.error().fault, Fault::storage);
        EXPECT_NE(queue.error().message.find(config.queue.path), std::string::npos)
            << queue.error().message;
    }
}

TEST_F(OfflineQueueTest, ReadsWhereTheWalHasNoIndexAndNoneCanBeMade) {
    auto& run = start();
    run.take({event("a", {"1"}), event("b", {"1"})}); // in the WAL
    const auto copy = folder.file("copy.db");
    for (const auto* suffix : {"", "-wal"}) {
        std::filesystem::copy_file(config.queue.path + suffix, copy + suffix);
    }
    std::filesystem::create_symlink("nowhere", copy + "-shm"); // as on a read-only disk
    stop();
    config.queue.path = copy;
    EXPECT_EQ(page(*open())["deliveries"].size(), 2U);
}

} // namespace test
