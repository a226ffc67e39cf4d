// `ffl-agent sync`.
#include "test/agent/definitions/sync_fixture.hpp"

#include <fstream>

namespace {

using common::Fault;
using common::HttpRequest;
using common::Millis;
using test::json_answer;
using test::Keys;
using test::run;

struct SyncNow : test::SyncFixture {
    SyncNow() {
        config.webhooks.file = folder.file("webhooks.json");
        write_local(R"([{"name":"a","target":"http://t/"}])");
    }
    void write_local(const std::string& list) {
        std::ofstream{config.webhooks.file, std::ios::trunc} << list;
    }
    common::Result<agent::Changes> sync_now() { return run(loop, sync.sync_now()); }
};

TEST_F(SyncNow, ReadsTheLocalFileAndFetches) {
    serve(R"([{"id":1,"name":"x","target":"http://t/"}])");
    auto changes = sync_now();
    ASSERT_TRUE(changes) << changes.error().message;
    EXPECT_EQ(changes->added, (Keys{"local:a", "1"}));
    write_local(R"([{"name":"b","target":"http://t/"}])");
    serve(R"([{"id":1,"name":"y","target":"http://t/"}])");
    changes = sync_now();
    ASSERT_TRUE(changes) << changes.error().message;
    EXPECT_EQ(changes->added, (Keys{"local:b"}));
    EXPECT_EQ(changes->changed, (Keys{"1"}));
    EXPECT_EQ(changes->removed, (Keys{"local:a"}));
    EXPECT_EQ(served(), (Keys{"1", "local:b"}));
}

TEST_F(SyncNow, FetchesNothingIfTheLocalFileIsBad) {
    ASSERT_TRUE(sync_now());
    const auto before = calls();
    write_local("[{}]");
    const auto changes = sync_now();
    ASSERT_FALSE(changes);
    EXPECT_EQ(changes.error().fault, Fault::config);
    EXPECT_EQ(calls(), before);
    EXPECT_EQ(served(), (Keys{"local:a"}));
}

TEST_F(SyncNow, KeepsTheLocalFilesNewsIfTheFetchFails) {
    fail();
    const auto changes = sync_now();
    ASSERT_FALSE(changes);
    EXPECT_EQ(changes.error().fault, Fault::unreachable);
    EXPECT_EQ(served(), (Keys{"local:a"}));
}

/// A webhook that was created before the call is in its answer, whatever was read earlier.
TEST_F(SyncNow, DoesNotJoinAFetchThatBeganBefore) {
    hang();
    start();
    ASSERT_EQ(calls(), 1U);
    std::optional<common::Result<agent::Changes>> synced;
    common::asio::co_spawn(loop, sync.sync_now(),
                           [&](std::exception_ptr, auto got) { synced = std::move(got); });
    clock.settle();
    serve(R"([{"id":1,"name":"new","target":"http://t/"}])");
    http.release(json_answer(200, "[]"));
    clock.settle();
    ASSERT_TRUE(synced && *synced);
    EXPECT_EQ((*synced)->added, (Keys{"local:a", "1"}));
}

TEST_F(SyncNow, RetriesARefusedLoginThatWouldStillWait) {
    on_login = [](const HttpRequest&) { return json_answer(401, ""); };
    EXPECT_FALSE(fetch());
    clock.advance(Millis{1'000});
    EXPECT_FALSE(fetch()); // now due again in 2 s
    on_login = [this](const HttpRequest&) { return grant(); };
    clock.advance(Millis{1'000});
    EXPECT_EQ(fetch().error().fault, Fault::refused);
    EXPECT_TRUE(sync_now());
    EXPECT_EQ(logins, 3);
}

} // namespace
