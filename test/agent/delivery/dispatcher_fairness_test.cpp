// Bad targets and bad paths beside a good one, on the default limits: what is due to the good one
// goes out at once.
#include "test/agent/delivery/dispatch_fixture.hpp"

#include <deque>

namespace test {
namespace {

struct DispatcherFairnessTest : Dispatching {
    /// Requests that hang end after `span`; with no answer, or with 200.
    struct Hang {
        common::Instant until;
        bool answers;
    };
    std::deque<Hang> hanging;

    Answer hold(Millis span, bool answers) {
        hanging.push_back({clock.now() + span, answers});
        return std::nullopt;
    }
    /// All hang for the same time, so they end in the order in which they began.
    void pass(Millis span) {
        const auto end = clock.now() + span;
        for (;;) {
            const auto next = hanging.empty() ? end : std::min(hanging.front().until, end);
            advance(std::chrono::duration_cast<Millis>(next - clock.now()));
            if (hanging.empty() || hanging.front().until > end) {
                return;
            }
            const bool answers = hanging.front().answers;
            hanging.pop_front();
            http.release(answers ? FakeHttp::status(200) : FakeHttp::no_answer("read: timed out"));
            clock.settle();
        }
    }

    /// `bad` webhooks and a good one, in that order or the other; one event a second to all.
    /// Returns how many of the good one's were late.
    int late(std::vector<agent::Definition> webhooks, const std::string& good,
             const std::string& good_path, int events = 60) {
        std::vector<std::string> keys;
        for (const auto& one : webhooks) {
            keys.push_back(one.key);
        }
        start(std::move(webhooks));
        int count = 0;
        for (int i = 0; i < events; ++i) {
            add(keys);
            const auto& id = "e" + std::to_string(last_event);
            count += std::any_of(seen.begin(), seen.end(),
                                 [&](const Attempt& one) {
                                     return one.event == id && one.origin == good &&
                                            one.path == good_path;
                                 })
                         ? 0
                         : 1;
            EXPECT_LE(http.hanging(), config.delivery.connections);
            pass(seconds{1});
        }
        return count;
    }

    std::vector<agent::Definition> beside(int bad, const Target& target, bool last) {
        std::vector<agent::Definition> made;
        for (int i = 0; i < bad; ++i) {
            const auto origin = "http://bad" + std::to_string(i) + ".example";
            targets[origin] = target;
            made.push_back(webhook("b" + std::to_string(i), origin + "/hook"));
        }
        made.insert(last ? made.end() : made.begin(), webhook("good", "http://a.example/hook"));
        return made;
    }
    void expect_none_late(int bad, const Target& target) {
        for (const bool last : {false, true}) {
            SCOPED_TRACE(last ? "defined last" : "defined first");
            config.queue.path = folder.file(last ? "last.db" : "first.db");
            EXPECT_EQ(late(beside(bad, target, last), a, "/hook"), 0);
            EXPECT_EQ(parts->stats.webhooks["good"].delivered(), 60U);
            hanging.clear();
            stop();
        }
    }
};

TEST_F(DispatcherFairnessTest, TwentyTargetsThatAnswerAfterNineSeconds) {
    expect_none_late(20, [this](const Attempt&) { return hold(seconds{9}, true); });
}

TEST_F(DispatcherFairnessTest, FortyTargetsThatHangOnEveryOtherRequest) {
    std::map<std::string, int> requests;
    expect_none_late(40, [&](const Attempt& attempt) {
        return ++requests[attempt.origin] % 2 == 0 ? hold(seconds{10}, false) : ok(attempt);
    });
}

// Fault: targets that hang or are slow | others are not delayed
TEST_F(DispatcherFairnessTest, SixtyFourTargetsThatHang) {
    expect_none_late(64, [this](const Attempt&) { return hold(seconds{10}, false); });
}

TEST_F(DispatcherFairnessTest, AGoodTargetThatTheFirstConnectionsLeaveOutWaitsForASecond) {
    auto webhooks = beside(
        64, [this](const Attempt&) { return hold(seconds{10}, false); }, true);
    std::rotate(webhooks.begin() + 32, webhooks.end() - 1, webhooks.end());
    std::vector<std::string> keys;
    for (const auto& one : webhooks) {
        keys.push_back(one.key);
    }
    start(webhooks);
    add(keys);
    EXPECT_EQ(parts->stats.webhooks["good"].delivered(), 0U) << "it is in the middle of equals";
    pass(Millis{1'500});
    EXPECT_EQ(parts->stats.webhooks["good"].delivered(), 1U);
    for (int i = 0; i < 30; ++i) {
        add(keys);
        EXPECT_EQ(parts->queue.pending("good"), 0U) << i;
        pass(seconds{1});
    }
}

TEST_F(DispatcherFairnessTest, NorDoSixtyFourGoodTargetsThatBeginToHangAtOnceHoldItForLonger) {
    bool hang = false;
    auto webhooks = beside(
        64, [&](const Attempt& attempt) { return hang ? hold(seconds{10}, false) : ok(attempt); },
        true);
    std::vector<std::string> keys;
    for (const auto& one : webhooks) {
        keys.push_back(one.key);
    }
    start(webhooks);
    add(keys);
    pass(seconds{1});
    add({"good"}); // so that it is the least urgent
    hang = true;
    add(keys);
    pass(Millis{1'500});
    EXPECT_EQ(parts->queue.pending("good"), 0U);
    for (int i = 0; i < 30; ++i) {
        add(keys);
        EXPECT_EQ(parts->queue.pending("good"), 0U) << i;
        pass(seconds{1});
    }
}

// Fault: targets that hang or are slow | one connection is enough for the others
TEST_F(DispatcherFairnessTest, AHangingTargetTakesATenthOfTheOnlyConnection) {
    config.delivery.connections = 1;
    start(beside(
        1, [this](const Attempt&) { return hold(seconds{10}, false); }, false));
    add({"good"});
    int late = 0;
    for (int i = 0; i < 300; ++i) {
        add({"good", "b0"});
        late += parts->queue.pending("good") > 0 ? 1 : 0;
        pass(seconds{1});
    }
    EXPECT_LE(late, 60);
    EXPECT_LE(parts->queue.pending("good"), 10U);
    EXPECT_GT(parts->stats.webhooks["b0"].failed(), 5U) << "it is tried all the same";
}

TEST_F(DispatcherFairnessTest, ASlowTargetIsNotCutOffForEverForTheOnlyConnection) {
    config.delivery.connections = 1;
    start(beside(
        1, [this](const Attempt&) { return hold(seconds{3}, true); }, false));
    add({"good", "b0"});
    for (int i = 0; i < 300; ++i) {
        add({"good"});
        pass(seconds{1});
    }
    EXPECT_EQ(parts->queue.pending("b0"), 0U);
}

TEST_F(DispatcherFairnessTest, ALimitedAttemptIsNotGivenUp) {
    auto webhooks = beside(
        64, [this](const Attempt&) { return hold(seconds{9}, true); }, false);
    std::vector<std::string> keys;
    for (auto& one : webhooks) {
        auto definition = nlohmann::json::parse(one.json);
        definition["send_attempts"] = 2;
        one.json = definition.dump();
        keys.push_back(one.key);
    }
    start(webhooks);
    add(keys);
    pass(seconds{30});
    EXPECT_EQ(parts->queue.stats().pending, 0U);
    EXPECT_EQ(seen.size(), 65U) << "each is answered, if late";
}

TEST_F(DispatcherFairnessTest, SixtyFourTargetsThatAnswerAfterNineSeconds) {
    expect_none_late(64, [this](const Attempt&) { return hold(seconds{9}, true); });
}

TEST_F(DispatcherFairnessTest, ASlowTargetAloneHasAllItsConnections) {
    targets[a] = [this](const Attempt&) { return hold(seconds{9}, true); };
    start({webhook("1", "http://a.example/hook")});
    add({"1"}, 20);
    pass(seconds{10});
    EXPECT_EQ(lane(a).in_flight, 4U);
    EXPECT_EQ(seen.size(), 8U);
}

TEST_F(DispatcherFairnessTest, AHangingPathDelaysNoOtherOfTheSameHost) {
    targets[a] = [this](const Attempt& attempt) {
        return attempt.path == "/log" ? hold(seconds{10}, false) : ok(attempt);
    };
    EXPECT_EQ(late({webhook("1", "http://a.example/log"), webhook("2", "http://a.example/door")}, a,
                   "/door"),
              0);
    EXPECT_TRUE(lane(a).reachable) << "as it answers at /door";
    EXPECT_TRUE(parts->dispatcher.probe_in("1"));
    EXPECT_FALSE(parts->dispatcher.probe_in("2"));
    EXPECT_FALSE(parts->dispatcher.probe_in("3")) << "no such webhook";
}

TEST_F(DispatcherFairnessTest, NorDoTenOfThem) {
    targets[a] = [this](const Attempt& attempt) {
        return attempt.path == "/door" ? ok(attempt) : hold(seconds{10}, false);
    };
    std::vector<agent::Definition> webhooks;
    for (int i = 0; i < 10; ++i) {
        const auto number = std::to_string(i);
        webhooks.push_back(webhook("l" + number, "http://a.example/log" + number));
    }
    webhooks.push_back(webhook("door", "http://a.example/door"));
    EXPECT_EQ(late(webhooks, a, "/door"), 0);
}

TEST_F(DispatcherFairnessTest, NorDoesAPathThatBeginsToHangUnderLoad) {
    bool hangs = false;
    targets[a] = [&](const Attempt& attempt) {
        return hangs && attempt.path == "/log" ? hold(seconds{10}, false) : ok(attempt);
    };
    start({webhook("1", "http://a.example/log"), webhook("2", "http://a.example/door")});
    add({"1", "2"}, 20);
    hangs = true;
    add({"1"}, 100);
    EXPECT_EQ(lane(a).in_flight, 2U) << "half of the connections";
    seen.clear();
    add({"2"}, 5);
    EXPECT_EQ(seen.size(), 5U);
}

TEST_F(DispatcherFairnessTest, ABacklogOfRetriesDelaysNoFirstAttemptOfAnotherPath) {
    targets[a] = [this](const Attempt& attempt) {
        return attempt.path == "/door" ? ok(attempt)
               : attempt.number == 1   ? unwell(attempt)
                                       : hold(seconds{9}, true);
    };
    start({webhook("1", "http://a.example/log"), webhook("2", "http://a.example/door")});
    add({"1"}, 500);
    pass(seconds{5});
    for (int i = 0; i < 30; ++i) {
        seen.clear();
        add({"2"});
        EXPECT_EQ(seen.size(), 1U);
        pass(seconds{1});
    }
}

TEST_F(DispatcherFairnessTest, WithOneConnectionAHealthyPathWaitsForOneTimeoutAtMost) {
    config.delivery.connections_per_target = 1;
    targets[a] = [this](const Attempt& attempt) {
        return attempt.path == "/door" ? ok(attempt) : hold(seconds{10}, false);
    };
    std::vector<agent::Definition> webhooks{webhook("door", "http://a.example/door")};
    for (int i = 0; i < 10; ++i) {
        const auto number = std::to_string(i);
        webhooks.push_back(webhook("l" + number, "http://a.example/log" + number));
    }
    start(webhooks);
    add({"door"});
    for (int i = 0; i < 200; ++i) {
        add({"l0", "l1", "l2", "l3", "l4", "l5", "l6", "l7", "l8", "l9"});
        if (i % 20 == 0) {
            add({"door"});
        }
        pass(seconds{1});
        if (i % 20 == 10) {
            EXPECT_EQ(parts->queue.pending("door"), 0U) << i;
        }
    }
}

TEST_F(DispatcherFairnessTest, WebhooksOfADeadTargetShareOneProbeInTurns) {
    targets[a] = refuse;
    start({webhook("1", "http://a.example/1"), webhook("2", "http://a.example/2"),
           webhook("3", "http://a.example/3")});
    add({"1", "2", "3"}, 5);
    EXPECT_FALSE(lane(a).reachable);
    seen.clear();
    advance(std::chrono::minutes{10});
    EXPECT_GE(seen.size(), 9U);
    EXPECT_LE(seen.size(), 22U);
    for (std::size_t i = 3; i < seen.size(); ++i) {
        EXPECT_EQ(seen[i].path, seen[i - 3].path);
        EXPECT_NE(seen[i].path, seen[i - 1].path);
        EXPECT_NE(seen[i].path, seen[i - 2].path);
    }
    seen.clear();
    targets[a] = ok;
    advance(seconds{101});
    ASSERT_EQ(seen.size(), 15U);
    EXPECT_LE(seen.back().at - seen.front().at, Millis{0}) << "all drain at once";
    EXPECT_EQ(pending(), 0U);
}

} // namespace
} // namespace test
