#include "common/http_client/resolver.hpp"

#include "test/common/http_client/client_fixture.hpp"
#include "test/support/eventually.hpp"
#include "test/support/test_clock.hpp"

#include <atomic>
#include <boost/system/system_error.hpp>
#include <future>
#include <gtest/gtest.h>

using common::Addresses;
using common::Resolver;
using common::ResolverOptions;
using common::Result;
using test::address;
using namespace std::chrono_literals;

namespace {

constexpr const char* timed_out = "resolve: the name server of this device gives no answer";

/// Counts queries, and answers slow ones once it is released. Shared with threads that may outlive
/// the test.
struct Lookups {
    std::promise<void> release;
    std::shared_future<void> open{release.get_future().share()};
    std::atomic<int> asked{0};
    std::atomic<bool> fails{false}, hangs{false};
};

class ResolverTest : public testing::Test {
  protected:
    ResolverOptions options() {
        const auto answer = [lookups = lookups](const std::string& name) -> Result<Addresses> {
            const int number = ++lookups->asked;
            if (name.starts_with("slow") || (name.starts_with("dead") && lookups->hangs)) {
                lookups->open.wait();
            }
            if (name == "broken.test") {
                throw std::runtime_error{"out of luck"};
            }
            if (lookups->fails) {
                return common::fail(common::Fault::unreachable, "resolve: no such host name");
            }
            return Addresses{address("192.0.2." + std::to_string(number))};
        };
        return {.lookup = answer};
    }

    std::string ask(Resolver& resolver, const std::string& name, common::Millis limit = 60s) {
        return text(
            test::run(loop, resolver.resolve(name, std::chrono::steady_clock::now() + limit)));
    }

    /// Asks in vain for a name whose lookup hangs, and returns once that lookup is under way: on a
    /// busy machine its thread begins later than the request gives up.
    void hang(Resolver& resolver, const std::string& name) {
        const int before = lookups->asked;
        EXPECT_EQ(ask(resolver, name, 1ms), timed_out);
        EXPECT_TRUE(test::eventually([&] { return lookups->asked > before; }));
    }

    /// The last byte of the first address, or the error.
    static std::string text(const Result<Addresses>& found) {
        return found ? std::to_string(found->at(0)[15]) : found.error().message;
    }

    void TearDown() override {
        if (!released) {
            lookups->release.set_value();
        }
    }

    std::shared_ptr<Lookups> lookups = std::make_shared<Lookups>();
    bool released = false;
    common::asio::io_context loop;
};

} // namespace

TEST_F(ResolverTest, ReadsNumericAddressesWithoutLookingThemUp) {
    Resolver resolver{loop.get_executor(), options()};
    EXPECT_EQ(ask(resolver, "127.0.0.7"), "7");
    EXPECT_EQ(ask(resolver, "fd00::9"), "9");
    EXPECT_EQ(lookups->asked, 0);
}

TEST_F(ResolverTest, KeepsAnAnswerForAWhile) {
    Resolver resolver{loop.get_executor(), options()};
    EXPECT_EQ(ask(resolver, "a.test"), "1");
    EXPECT_EQ(ask(resolver, "a.test"), "1");
    EXPECT_EQ(ask(resolver, "b.test"), "2");
    resolver.set_options(options());
    EXPECT_EQ(ask(resolver, "a.test"), "3");
}

TEST_F(ResolverTest, AsksAgainWhenAnAnswerExpires) {
    auto short_lived = options();
    short_lived.keep = 0ms;
    short_lived.keep_failure = 1h;
    Resolver resolver{loop.get_executor(), short_lived};
    EXPECT_EQ(ask(resolver, "a.test"), "1");
    EXPECT_EQ(ask(resolver, "a.test"), "2");
    lookups->fails = true;
    EXPECT_EQ(ask(resolver, "a.test"), "resolve: no such host name");
    lookups->fails = false;
    EXPECT_EQ(ask(resolver, "a.test"), "resolve: no such host name");
    EXPECT_EQ(lookups->asked, 3);
}

TEST_F(ResolverTest, SharesOneQueryAmongConcurrentLookupsOfAName) {
    Resolver resolver{loop.get_executor(), options()};
    std::vector<std::string> answers;
    for (int i = 0; i < 3; ++i) {
        common::asio::co_spawn(
            loop, resolver.resolve("slow.test", common::Instant::max()),
            [&](std::exception_ptr, Result<Addresses> found) { answers.push_back(text(found)); });
    }
    loop.poll();
    EXPECT_TRUE(answers.empty());
    lookups->release.set_value();
    released = true;
    loop.restart();
    loop.run();
    EXPECT_EQ(answers, (std::vector<std::string>{"1", "1", "1"}));
    EXPECT_EQ(lookups->asked, 1);
}

TEST_F(ResolverTest, ANameThatHangsDelaysNoOther) {
    Resolver resolver{loop.get_executor(), options()};
    hang(resolver, "slow.test");
    EXPECT_EQ(ask(resolver, "quick.test").size(), 1U);
    // Asking again joins the lookup that is still under way.
    EXPECT_EQ(ask(resolver, "slow.test", 20ms), timed_out);
    EXPECT_EQ(lookups->asked, 2);
}

TEST_F(ResolverTest, HoldsNoRequestForLongThatAsksForASilentNameAgain) {
    Resolver resolver{loop.get_executor(), options()};
    hang(resolver, "slow.test");
    EXPECT_EQ(ask(resolver, "slow.test", 24h), timed_out) << "not after a day";
    EXPECT_EQ(lookups->asked, 1);
    lookups->release.set_value();
    released = true;
    std::string answer;
    while ((answer = ask(resolver, "slow.test")) == timed_out) {
    }
    EXPECT_EQ(answer, "1") << "the lookup went on";
}

TEST_F(ResolverTest, QueuesLookupsAboveTheLimit) {
    auto few = options();
    few.lookups_under_way = 4; // 3 for names that nobody has asked for yet
    Resolver resolver{loop.get_executor(), few};
    for (const auto* slow : {"slow1.test", "slow2.test", "slow3.test"}) {
        hang(resolver, slow);
    }
    const auto late =
        test::run(loop, resolver.resolve("quick.test", std::chrono::steady_clock::now() + 1ms));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().fault, common::Fault::own) << "says nothing about the name";
    EXPECT_EQ(late.error().message,
              "resolve: other names are being looked up (3 at once), and none "
              "of them was answered in time");
    EXPECT_EQ(ask(resolver, "127.0.0.1"), "1");

    std::vector<std::string> answered;
    const auto ask_in_background = [&](const std::string& name) {
        common::asio::co_spawn(loop, resolver.resolve(name, common::Instant::max()),
                               [&answered, name](std::exception_ptr, Result<Addresses> found) {
                                   answered.push_back(found ? name : found.error().message);
                               });
    };
    ask_in_background("quick.test");
    ask_in_background("other.test");
    ask_in_background("quick.test");
    loop.restart();
    loop.poll();
    EXPECT_TRUE(answered.empty());
    lookups->release.set_value();
    released = true;
    loop.run();
    EXPECT_EQ(answered.size(), 3U) << "a lookup that ends makes room for the next one";
    EXPECT_EQ(std::ranges::count(answered, "quick.test"), 2);
    EXPECT_EQ(lookups->asked, 5) << "one lookup for both";
}

TEST_F(ResolverTest, KeepsPlacesForNamesThatWereFoundBefore) {
    auto few = options();
    few.lookups_under_way = 4;
    few.keep = 0ms;
    Resolver resolver{loop.get_executor(), few};
    EXPECT_EQ(ask(resolver, "good.test"), "1");
    for (const auto* slow : {"slow1.test", "slow2.test", "slow3.test"}) {
        hang(resolver, slow);
    }
    EXPECT_EQ(ask(resolver, "good.test").size(), 1U) << "at once, beside three that hang";
}

TEST_F(ResolverTest, LetsNamesThatAreNotFoundTakeHalfOfThePlaces) {
    auto few = options();
    few.lookups_under_way = 4;
    few.keep_failure = 0ms;
    Resolver resolver{loop.get_executor(), few};
    lookups->fails = true;
    const std::vector<std::string> names{"dead1.test", "dead2.test", "dead3.test"};
    for (const auto& name : names) {
        EXPECT_EQ(ask(resolver, name), "resolve: no such host name");
    }
    lookups->fails = false;
    lookups->hangs = true;
    for (const auto& name : names) {
        common::asio::co_spawn(loop, resolver.resolve(name, common::Instant::max()),
                               [](std::exception_ptr, Result<Addresses>) {});
    }
    loop.restart();
    loop.poll();
    EXPECT_EQ(ask(resolver, "new.test").size(), 1U) << "the third of them waits";
    lookups->release.set_value();
    released = true;
    loop.restart();
    loop.run();
    EXPECT_EQ(lookups->asked, 7);
}

TEST_F(ResolverTest, ALookupThatThrowsIsAnError) {
    Resolver resolver{loop.get_executor(), options()};
    EXPECT_EQ(ask(resolver, "broken.test"), "resolve: out of luck");
}

TEST_F(ResolverTest, KeepsAQueryForTheOthersWhenOneCallerIsCancelled) {
    Resolver resolver{loop.get_executor(), options()};
    common::asio::cancellation_signal stop;
    bool aborted = false;
    std::string answer;
    auto cancelled = [&](std::exception_ptr why, Result<Addresses>) {
        try {
            std::rethrow_exception(why);
        } catch (const boost::system::system_error& error) {
            aborted = error.code() == common::asio::error::operation_aborted;
        }
    };
    common::asio::co_spawn(loop, resolver.resolve("slow.test", common::Instant::max()),
                           common::asio::bind_cancellation_slot(stop.slot(), std::move(cancelled)));
    common::asio::co_spawn(
        loop, resolver.resolve("slow.test", common::Instant::max()),
        [&](std::exception_ptr, Result<Addresses> found) { answer = text(found); });
    loop.poll();
    stop.emit(common::asio::cancellation_type::terminal);
    loop.poll();
    EXPECT_TRUE(aborted);
    EXPECT_EQ(answer, "");
    lookups->release.set_value();
    released = true;
    loop.restart();
    loop.run();
    EXPECT_EQ(answer, "1");
}

TEST_F(ResolverTest, MayBeDestroyedWhileALookupHangs) {
    const std::weak_ptr<Lookups> held = lookups;
    auto short_lived = std::make_unique<common::asio::io_context>();
    auto resolver = std::make_unique<Resolver>(short_lived->get_executor(), options());
    auto token = std::make_shared<int>(1);
    common::asio::co_spawn(*short_lived, resolver->resolve("slow.test", common::Instant::max()),
                           [token](std::exception_ptr, Result<Addresses>) {});
    short_lived->poll();
    resolver.reset();
    short_lived.reset();
    EXPECT_EQ(token.use_count(), 1); // no coroutine waits any more
    lookups->release.set_value();
    released = true;
    lookups.reset();
    while (!held.expired()) { // until the thread has ended, without touching what is gone
        std::this_thread::yield();
    }
    lookups = std::make_shared<Lookups>();
}

TEST(SystemLookup, FindsThisMachineAndNothingElse) {
    for (const std::string name : {"localhost", "localhost."}) {
        const auto found = common::system_lookup(name);
        ASSERT_TRUE(found) << name << found.error().message;
        for (const auto& one : *found) {
            EXPECT_TRUE(common::is_loopback(one)) << int{one[15]};
        }
    }
    const auto none = common::system_lookup("name with spaces");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().message.substr(0, 9), "resolve: ");
}
