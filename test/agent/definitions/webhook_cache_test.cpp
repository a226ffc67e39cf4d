#include "agent/definitions/webhook_cache.hpp"

#include "test/support/storage_fixture.hpp"

namespace test {

using agent::Definition;
using agent::WebhookCache;
using agent::WebhookState;
using Keys = std::vector<std::string>;

class WebhookCacheTest : public ::testing::Test {
  protected:
    WebhookCacheTest() {
        config.server.url = common::parse_url("http://lite.example").value();
        open();
    }
    ~WebhookCacheTest() override { database.close(); }

    void open() {
        const auto opened =
            agent::open_database(database, folder.file("agent.db"), common::Sync::normal);
        if (!opened) {
            throw std::runtime_error{opened.error().message};
        }
        cache.emplace(database, config);
    }
    void restart() {
        database.close();
        open();
    }
    agent::Changes replace(std::vector<Definition> list) {
        auto changes = run(loop, cache->replace_server_list(std::move(list)));
        EXPECT_TRUE(changes) << changes.error().message;
        return changes.value_or(agent::Changes{});
    }
    Keys keys() const {
        Keys found;
        for (const auto& one : cache->snapshot()->webhooks) {
            found.push_back(one->key);
        }
        return found;
    }
    static Definition definition(const std::string& key, const std::string& name,
                                 const std::string& more = "") {
        return {key, R"({"name":")" + name + R"(","target":"http://127.0.0.1:9000/","filters":{})" +
                         more + "}"};
    }
    WebhookState state_of(const std::string& key) const {
        return cache->snapshot()->find(key)->state;
    }

    Folder folder;
    common::asio::io_context loop;
    agent::Config config;
    common::Database database{loop.get_executor(), loop.get_executor()};
    std::optional<WebhookCache> cache;
};

TEST_F(WebhookCacheTest, ReadsTheListLateWhenItCouldNotBeReadAtTheStart) {
    ASSERT_TRUE(cache->load({}));
    replace({definition("1", "stored")});
    const auto path = database.path();
    database.close();
    cache.emplace(database, config);
    EXPECT_FALSE(cache->load({definition("local:a", "a")}));
    EXPECT_EQ(keys(), (Keys{"local:a"})) << "what is known is served";
    EXPECT_FALSE(cache->known());
    EXPECT_FALSE(run(loop, cache->load_late()));
    ASSERT_TRUE(database.open(path, common::Sync::normal));
    int published = 0;
    cache->on_change([&] { ++published; });
    EXPECT_TRUE(run(loop, cache->load_late()));
    EXPECT_EQ(keys(), (Keys{"1", "local:a"}));
    EXPECT_TRUE(cache->known());
    replace({definition("2", "fetched since")});
    EXPECT_TRUE(run(loop, cache->load_late()));
    EXPECT_EQ(keys(), (Keys{"2", "local:a"}));
    EXPECT_EQ(published, 2);
}

TEST_F(WebhookCacheTest, KnowsNothingUntilAListWasFetched) {
    ASSERT_TRUE(cache->load({definition("local:a", "a")}));
    EXPECT_FALSE(cache->known()) << "the local file alone is not enough if there is a server";
    EXPECT_EQ(keys(), (Keys{"local:a"}));
    replace({});
    EXPECT_TRUE(cache->known()) << "an empty list is a list";
    restart();
    ASSERT_TRUE(cache->load({}));
    EXPECT_TRUE(cache->known());
}

TEST_F(WebhookCacheTest, KnowsTheDefinitionsWithoutAServer) {
    config.server.url.reset();
    ASSERT_TRUE(cache->load({definition("local:a", "a")}));
    EXPECT_TRUE(cache->known());
}

TEST_F(WebhookCacheTest, KeepsTheServersOrderThenTheLocalOnes) {
    ASSERT_TRUE(cache->load({definition("local:b", "b"), definition("local:a", "a")}));
    replace({definition("9", "x"), definition("1", "y"), definition("5", "z")});
    EXPECT_EQ(keys(), (Keys{"9", "1", "5", "local:b", "local:a"}));
    restart();
    ASSERT_TRUE(cache->load({definition("local:b", "b")}));
    EXPECT_EQ(keys(), (Keys{"9", "1", "5", "local:b"}));
    EXPECT_EQ(cache->snapshot()->find("1")->name, "y");
    EXPECT_EQ(cache->snapshot()->find("1")->definition, definition("1", "y").json);
}

TEST_F(WebhookCacheTest, ReturnsWhatChanged) {
    ASSERT_TRUE(cache->load({}));
    int snapshots = 0;
    cache->on_change([&] { ++snapshots; });
    auto changes = replace({definition("1", "a"), definition("2", "b"), definition("3", "c")});
    EXPECT_EQ(changes.added, (Keys{"1", "2", "3"}));
    changes = replace(
        {definition("4", "d"), definition("2", "b", R"(,"active":false)"), definition("1", "a")});
    EXPECT_EQ(changes.added, (Keys{"4"}));
    EXPECT_EQ(changes.changed, (Keys{"2"}));
    EXPECT_EQ(changes.removed, (Keys{"3"}));
    EXPECT_EQ(state_of("2"), WebhookState::inactive);
    changes = replace(
        {definition("4", "d"), definition("2", "b", R"(,"active":false)"), definition("1", "a")});
    EXPECT_TRUE(changes.empty());
    EXPECT_EQ(snapshots, 3);
}

TEST_F(WebhookCacheTest, AnOldSnapshotStaysAsItWas) {
    ASSERT_TRUE(cache->load({}));
    replace({definition("1", "a")});
    const auto old = cache->snapshot();
    replace({});
    EXPECT_EQ(old->webhooks.size(), 1U);
    EXPECT_TRUE(cache->snapshot()->webhooks.empty());
}

TEST_F(WebhookCacheTest, ServesWhatIsIncluded) {
    config.webhooks.include = {"door*"};
    config.webhooks.exclude = {"door test"};
    ASSERT_TRUE(cache->load({definition("local:x", "elsewhere")}));
    replace({definition("1", "door 1"), definition("2", "door test"), definition("3", "gate"),
             definition("4", "gate broken", R"(,"send_attempts":-1)")});
    EXPECT_EQ(state_of("1"), WebhookState::serving);
    EXPECT_EQ(state_of("2"), WebhookState::excluded);
    EXPECT_EQ(cache->snapshot()->find("2")->reason,
              "excluded by webhooks.include or webhooks.exclude");
    EXPECT_EQ(state_of("3"), WebhookState::excluded);
    EXPECT_EQ(state_of("4"), WebhookState::excluded);
    EXPECT_EQ(state_of("local:x"), WebhookState::serving)
        << "include and exclude apply to the server's webhooks only";
    config.webhooks.exclude = {};
    const auto changes = cache->rebuild({definition("local:x", "elsewhere")});
    EXPECT_EQ(changes.changed, (Keys{"2"}));
}

TEST_F(WebhookCacheTest, KeepsBrokenDefinitionsAsUnsupported) {
    ASSERT_TRUE(cache->load({}));
    replace({definition("1", "a", R"(,"filters":{"colour":"red"})"),
             {"2", "no JSON"},
             {"3", "[]"},
             definition("4", "d")});
    for (const auto* key : {"1", "2", "3"}) {
        SCOPED_TRACE(key);
        EXPECT_EQ(state_of(key), WebhookState::unsupported);
        EXPECT_FALSE(cache->snapshot()->find(key)->reason.empty());
    }
    EXPECT_EQ(state_of("4"), WebhookState::serving);
}

TEST_F(WebhookCacheTest, AppliesTheIniFile) {
    agent::WebhookOverride door;
    door.glob = "door";
    door.cooldown = 7s;
    config.overrides.push_back(door);
    ASSERT_TRUE(cache->load({definition("local:door", "door"), definition("local:gate", "gate")}));
    EXPECT_EQ(cache->snapshot()->find("local:door")->settings.cooldown, 7s);
    EXPECT_EQ(cache->snapshot()->find("local:gate")->settings.cooldown, 0s);
    config.overrides[0].cooldown = 8s;
    cache->rebuild({definition("local:door", "door")});
    EXPECT_EQ(cache->snapshot()->find("local:door")->settings.cooldown, 8s);
}

TEST_F(WebhookCacheTest, ChangesNothingIfTheListCannotBeStored) {
    ASSERT_TRUE(cache->load({}));
    replace({definition("1", "a")});
    {
        SQLite::Database write{folder.file("agent.db"), SQLite::OPEN_READWRITE};
        write.exec("CREATE TRIGGER refuse BEFORE INSERT ON webhook BEGIN SELECT RAISE(ABORT, "
                   "'refused'); END");
    }
    const auto changes = run(loop, cache->replace_server_list({definition("2", "b")}));
    ASSERT_FALSE(changes);
    EXPECT_EQ(changes.error().fault, Fault::storage);
    EXPECT_EQ(keys(), (Keys{"1"}));
    restart();
    ASSERT_TRUE(cache->load({}));
    EXPECT_EQ(keys(), (Keys{"1"}));
}

} // namespace test
