#include "agent/api/refused_producers.hpp"
#include "test/agent/api/api_fixture.hpp"

#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

namespace test {
namespace {

/// Parses the text format 0.0.4 as a scraper does. Every violation is a test failure.
struct Scrape {
    explicit Scrape(const std::string& text) {
        EXPECT_TRUE(text.ends_with('\n'));
        std::istringstream lines{text};
        std::string line;
        while (std::getline(lines, line)) {
            read(line);
        }
    }

    double operator[](const std::string& sample) const {
        const auto found = samples.find(sample);
        EXPECT_NE(found, samples.end()) << sample;
        return found == samples.end() ? -1 : found->second;
    }

    std::map<std::string, std::string> types; ///< family to type
    std::map<std::string, double> samples;    ///< as written: name{labels}

  private:
    void read(const std::string& line) {
        if (line.starts_with("# HELP ")) {
            const auto name_end = line.find(' ', 7);
            family = line.substr(7, name_end - 7);
            EXPECT_TRUE(is_name(family)) << line;
            EXPECT_TRUE(name_end != std::string::npos && name_end + 1 < line.size())
                << "HELP without text: " << line;
            EXPECT_TRUE(helped.insert(family).second) << "HELP twice: " << line;
        } else if (line.starts_with("# TYPE ")) {
            const auto type = line.substr(line.rfind(' ') + 1);
            EXPECT_EQ(line, "# TYPE " + family + " " + type) << "TYPE follows its HELP";
            EXPECT_TRUE(type == "counter" || type == "gauge" || type == "histogram") << line;
            EXPECT_TRUE(types.emplace(family, type).second) << "TYPE twice: " << line;
            EXPECT_EQ(type == "counter", family.ends_with("_total")) << line;
        } else {
            read_sample(line);
        }
    }

    void read_sample(const std::string& line) {
        auto at = line.find_first_of("{ ");
        auto name = line.substr(0, at);
        for (const auto* suffix : {"_bucket", "_sum", "_count"}) {
            if (types[family] == "histogram" && name == family + suffix) {
                name = family;
            }
        }
        EXPECT_EQ(name, family) << "samples must follow their family's TYPE";
        EXPECT_TRUE(types.contains(family)) << line;
        while (at < line.size() && (line[at] == '{' || line[at] == ',')) {
            const auto equals = line.find('=', at);
            ASSERT_NE(equals, std::string::npos) << line;
            EXPECT_TRUE(is_name(line.substr(at + 1, equals - at - 1))) << line;
            ASSERT_EQ(line.substr(equals + 1, 1), "\"") << line;
            at = equals + 2;
            while (at < line.size() && line[at] != '"') {
                const bool escape = line[at] == '\\';
                EXPECT_TRUE(!escape || std::string_view{"\\\"n"}.find(line.substr(at + 1, 1)) !=
                                           std::string_view::npos)
                    << line;
                at += escape ? 2 : 1;
            }
            ++at;
        }
        at += at < line.size() && line[at] == '}' ? 1 : 0;
        ASSERT_TRUE(at + 1 < line.size() && line[at] == ' ') << line;
        const std::string number{line.substr(at + 1)};
        char* end = nullptr;
        // libstdc++ 10, which the portable builds use, has no from_chars for double.
        const double value = std::strtod(number.c_str(), &end);
        EXPECT_TRUE(number[0] != ' ' && *end == '\0') << line;
        EXPECT_TRUE(samples.emplace(line.substr(0, at), value).second) << "twice: " << line;
    }

    static bool is_name(std::string_view text) {
        return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") ==
                                    std::string_view::npos;
    }

    std::string family;
    std::set<std::string> helped;
};

struct MetricsPageTest : Api {
    Scrape scrape() {
        const auto reply = call("GET", "/metrics");
        EXPECT_EQ(reply.status, 200U);
        EXPECT_EQ(header(reply, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
        return Scrape{reply.body};
    }
};

TEST_F(MetricsPageTest, HasEveryFamilyFromTheStart) {
    const auto page = scrape();
    const std::map<std::string, std::string> wanted{
        {"process_cpu_seconds_total", "counter"},
        {"process_resident_memory_bytes", "gauge"},
        {"process_virtual_memory_bytes", "gauge"},
        {"process_open_fds", "gauge"},
        {"process_max_fds", "gauge"},
        {"process_start_time_seconds", "gauge"},
        {"ffl_agent_config_reloads_total", "counter"},
        {"ffl_agent_config_last_reload_success_timestamp_seconds", "gauge"},
        {"ffl_agent_last_event_timestamp_seconds", "gauge"},
        {"ffl_agent_ingest_duration_seconds", "histogram"},
        {"ffl_agent_commit_duration_seconds", "histogram"},
        {"ffl_agent_commit_events", "histogram"},
        {"ffl_agent_webhook_info", "gauge"},
        {"ffl_agent_webhook_oldest_seconds", "gauge"},
        {"ffl_agent_webhook_last_success_timestamp_seconds", "gauge"},
        {"ffl_agent_delivery_latency_seconds", "histogram"},
        {"ffl_agent_attempt_duration_seconds", "histogram"},
        {"ffl_agent_attempts_total", "counter"},
        {"ffl_agent_deliveries_dropped_total", "counter"},
        {"ffl_agent_queue_disk_free_bytes", "gauge"},
        {"ffl_agent_queue_min_free_bytes", "gauge"},
        {"ffl_agent_login_failures_total", "counter"},
        {"ffl_agent_certificate_expiry_timestamp_seconds", "gauge"},
        {"ffl_agent_build_info", "gauge"},
        {"ffl_agent_uptime_seconds", "gauge"},
        {"ffl_agent_clock_synchronized", "gauge"},
        {"ffl_agent_config_stale", "gauge"},
        {"ffl_agent_problems", "gauge"},
        {"ffl_agent_memory_budget_bytes", "gauge"},
        {"ffl_agent_memory_used_bytes", "gauge"},
        {"ffl_agent_memory_refused_total", "counter"},
        {"ffl_agent_webhooks", "gauge"},
        {"ffl_agent_events_accepted_total", "counter"},
        {"ffl_agent_events_duplicate_total", "counter"},
        {"ffl_agent_events_rejected_total", "counter"},
        {"ffl_agent_events_matched_total", "counter"},
        {"ffl_agent_deliveries_total", "counter"},
        {"ffl_agent_webhook_deliveries", "gauge"},
        {"ffl_agent_queue_deliveries", "gauge"},
        {"ffl_agent_queue_oldest_seconds", "gauge"},
        {"ffl_agent_queue_bytes", "gauge"},
        {"ffl_agent_queue_max_bytes", "gauge"},
        {"ffl_agent_queue_full", "gauge"},
        {"ffl_agent_store_degraded", "gauge"},
        {"ffl_agent_store_quarantined_total", "counter"},
        {"ffl_agent_sync_failures_total", "counter"},
        {"ffl_agent_sync_last_success_timestamp_seconds", "gauge"},
    };
    EXPECT_EQ(page.types, wanted);
    for (const auto* outcome : {"delivered", "dead", "expired", "suppressed", "dropped"}) {
        for (const auto* key : {"7", "8"}) {
            EXPECT_EQ(page[std::string{"ffl_agent_deliveries_total{webhook=\""} + key +
                           "\",outcome=\"" + outcome + "\"}"],
                      0);
        }
    }
    EXPECT_EQ(page["ffl_agent_attempts_total{webhook=\"7\",class=\"2xx\"}"], 0);
    EXPECT_EQ(page["ffl_agent_last_event_timestamp_seconds"], 0);
    EXPECT_EQ(page["ffl_agent_webhook_last_success_timestamp_seconds{webhook=\"7\"}"], 0);
    EXPECT_EQ(page["ffl_agent_webhook_info{webhook=\"7\",name=\"door\",target="
                   "\"http://10.0.0.7:9000\"}"],
              1);
    EXPECT_EQ(page["ffl_agent_webhooks{state=\"serving\"}"], 2);
    EXPECT_EQ(page["ffl_agent_webhooks{state=\"unsupported\"}"], 0);
    EXPECT_EQ(page["ffl_agent_problems{level=\"warn\"}"], 0);
    EXPECT_EQ(page["ffl_agent_problems{level=\"fail\"}"], 0);
    EXPECT_EQ(page["ffl_agent_queue_oldest_seconds"], 0);
    EXPECT_EQ(page["ffl_agent_sync_last_success_timestamp_seconds"], 0);
}

TEST_F(MetricsPageTest, CountsWhatHappened) {
    post(R"([{"type":"face","id":"1"},{"type":"car","id":"2"},{"type":"car","id":"2"}])");
    problem_of(post("oops"), 400);
    kill(handed_on.at(0).id, "7");
    auto& door = stats.webhooks["7"];
    door.attempts.at(static_cast<std::size_t>(agent::AttemptClass::success)) = 1;
    door.dead = 2;
    door.expired = 3;
    door.suppressed = 4;
    door.dropped = 5;
    door.attempts.at(static_cast<std::size_t>(agent::AttemptClass::too_many)) = 6;
    stats.server.failures = 7;
    stats.server.refused_logins = 2;
    stats.reloads.bad = 3;
    stats.server.last_sync = common::WallTime{std::chrono::milliseconds{1'750'000'000'500}};
    clock.advance(common::Millis{1'250});
    const auto page = scrape();
    EXPECT_EQ(page["ffl_agent_events_accepted_total"], 3);
    EXPECT_EQ(page["ffl_agent_events_duplicate_total"], 1);
    EXPECT_EQ(page["ffl_agent_events_rejected_total{reason=\"invalid\"}"], 1);
    EXPECT_EQ(page["ffl_agent_events_rejected_total{reason=\"queue_full\"}"], 0);
    EXPECT_EQ(page["ffl_agent_events_matched_total{webhook=\"7\"}"], 1);
    EXPECT_EQ(page["ffl_agent_deliveries_total{webhook=\"7\",outcome=\"delivered\"}"], 1);
    EXPECT_EQ(page["ffl_agent_deliveries_total{webhook=\"7\",outcome=\"dead\"}"], 2);
    EXPECT_EQ(page["ffl_agent_deliveries_total{webhook=\"7\",outcome=\"expired\"}"], 3);
    EXPECT_EQ(page["ffl_agent_deliveries_total{webhook=\"7\",outcome=\"suppressed\"}"], 4);
    EXPECT_EQ(page["ffl_agent_deliveries_total{webhook=\"7\",outcome=\"dropped\"}"], 5);
    EXPECT_EQ(page["ffl_agent_deliveries_dropped_total{reason=\"drop_oldest\"}"], 5);
    EXPECT_EQ(page["ffl_agent_attempts_total{webhook=\"7\",class=\"429\"}"], 6);
    EXPECT_EQ(page["ffl_agent_ingest_duration_seconds_count"], 1);
    EXPECT_EQ(page["ffl_agent_commit_events_sum"], 2) << "the duplicate takes no row";
    EXPECT_EQ(page["ffl_agent_login_failures_total"], 2);
    EXPECT_EQ(page["ffl_agent_config_reloads_total{result=\"bad\"}"], 3);
    EXPECT_DOUBLE_EQ(page["ffl_agent_webhook_oldest_seconds{webhook=\"8\"}"], 0)
        << "only the lanes know";
    EXPECT_EQ(page["ffl_agent_queue_deliveries{state=\"pending\"}"], 2);
    EXPECT_EQ(page["ffl_agent_queue_deliveries{state=\"dead\"}"], 1);
    EXPECT_EQ(page["ffl_agent_webhook_deliveries{webhook=\"7\",state=\"dead\"}"], 1);
    EXPECT_EQ(page["ffl_agent_webhook_deliveries{webhook=\"8\",state=\"pending\"}"], 2);
    EXPECT_DOUBLE_EQ(page["ffl_agent_queue_oldest_seconds"], 1.25);
    EXPECT_DOUBLE_EQ(page["ffl_agent_uptime_seconds"], 1.25);
    EXPECT_GT(page["ffl_agent_queue_bytes"], 0);
    EXPECT_EQ(page["ffl_agent_queue_max_bytes"], static_cast<double>(config.queue.max_size));
    EXPECT_EQ(page["ffl_agent_sync_failures_total"], 7);
    EXPECT_DOUBLE_EQ(page["ffl_agent_sync_last_success_timestamp_seconds"], 1'750'000'000.5);
    EXPECT_EQ(page["ffl_agent_store_degraded"], 0);
    EXPECT_EQ(page["ffl_agent_clock_synchronized"], 1);
}

TEST_F(MetricsPageTest, TellsWhenSomethingHappenedLast) {
    post(R"({"type":"car","id":"1"})");
    stats.webhooks["8"].last_success = clock.now();
    const auto then = common::seconds(clock.wall().time_since_epoch());
    clock.advance(common::Millis{90'000});
    const auto page = scrape();
    EXPECT_NEAR(page["ffl_agent_last_event_timestamp_seconds"], then, 0.001);
    EXPECT_NEAR(page["ffl_agent_webhook_last_success_timestamp_seconds{webhook=\"8\"}"], then,
                0.001);
}

TEST_F(MetricsPageTest, ShowsTheLatencyOfWebhooksThatHaveDelivered) {
    stats.webhooks["8"].latency.observe(0.2);
    const auto page = scrape();
    EXPECT_EQ(page["ffl_agent_delivery_latency_seconds_bucket{webhook=\"8\",le=\"0.1\"}"], 0);
    EXPECT_EQ(page["ffl_agent_delivery_latency_seconds_bucket{webhook=\"8\",le=\"0.25\"}"], 1);
    EXPECT_FALSE(page.samples.contains("ffl_agent_delivery_latency_seconds_count{webhook=\"7\"}"));
}

TEST_F(MetricsPageTest, TellsWhenCertificatesEnd) {
    control->look_outside([] {
        agent::OutsideFacts outside;
        outside.peers["door.example:443"] = common::WallTime{std::chrono::seconds{1'800'000'000}};
        outside.own.push_back({"[ingest] tls_cert_file", "/etc/x.pem",
                               common::WallTime{std::chrono::seconds{1'900'000'000}}});
        return outside;
    });
    const auto page = scrape();
    const std::string family{"ffl_agent_certificate_expiry_timestamp_seconds"};
    EXPECT_EQ(page[family + "{certificate=\"door.example:443\"}"], 1'800'000'000);
    EXPECT_EQ(page[family + "{certificate=\"[ingest] tls_cert_file\"}"], 1'900'000'000);
}

TEST_F(MetricsPageTest, CountsWhatWasRefusedBeforeItWasRead) {
    const common::HttpReply reply{401, {}, "{}"};
    agent::note_refusal(queue.events(), stats, {"POST", "/v1/events", "10.0.0.9", reply});
    agent::note_refusal(queue.events(), stats, {"POST", "/v1/events", "10.0.0.9", reply, true});
    agent::note_refusal(queue.events(), stats, {"GET", "/v1/status", "10.0.0.9", reply});
    EXPECT_EQ(scrape()["ffl_agent_events_rejected_total{reason=\"unauthorized\"}"], 1);
}

TEST_F(MetricsPageTest, KeepsTheCountersOfRemovedWebhooks) {
    stats.webhooks["7"].expired = 5;
    cache.rebuild({{"8", everything}});
    const auto page = scrape();
    EXPECT_EQ(page["ffl_agent_deliveries_total{webhook=\"7\",outcome=\"expired\"}"], 5);
    EXPECT_EQ(page["ffl_agent_webhooks{state=\"serving\"}"], 1);
}

TEST_F(MetricsPageTest, EscapesLabels) {
    cache.rebuild(
        {{"local:a\"b\\c\nd", R"({"name":"x","target":"http://10.0.0.1/","filters":{}})"}});
    const auto page = scrape();
    EXPECT_EQ(page["ffl_agent_events_matched_total{webhook=\"local:a\\\"b\\\\c\\nd\"}"], 0);
}

} // namespace
} // namespace test
