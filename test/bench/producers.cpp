#include "test/bench/producers.hpp"

#include "test/bench/message.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace bench {

namespace {

using Clock = std::chrono::steady_clock;

struct Totals {
    std::atomic<std::uint64_t> begun{0}, accepted{0}, refused{0};
    std::atomic<std::int64_t> quickest_ns{0};

    void answered(bool yes, unsigned events, std::int64_t took) {
        (yes ? accepted : refused) += events;
        auto quickest = quickest_ns.load();
        while (yes && (quickest == 0 || took < quickest) &&
               !quickest_ns.compare_exchange_weak(quickest, took)) {
        }
    }
};

std::string request_text(const std::string& body, bool ndjson) {
    return std::string{
               "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/"} +
           (ndjson ? "x-ndjson" : "json") + "\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

/// `place`: which of the producers this is. At a rate they take turns evenly, so that no two events
/// come together and share a commit by the load's doing.
void produce(const Posting& posting, unsigned place, Connection& connection, Ledger& ledger,
             Totals& totals, Clock::time_point begin) {
    const auto end = begin + std::chrono::duration_cast<Clock::duration>(
                                 std::chrono::duration<double>(posting.seconds));
    const double step = posting.rate > 0 ? posting.batch / posting.rate : 0;
    for (std::uint64_t turn = place;; turn += posting.producers) {
        auto due = Clock::now();
        if (posting.rate > 0) {
            due = begin + std::chrono::duration_cast<Clock::duration>(
                              std::chrono::duration<double>(step * static_cast<double>(turn)));
            std::this_thread::sleep_until(due);
        }
        if (due >= end ||
            (posting.events > 0 && totals.begun.fetch_add(posting.batch) >= posting.events)) {
            return;
        }
        const auto first = ledger.take(posting.batch);
        if (!first) {
            return;
        }
        std::string body;
        for (unsigned i = 0; i < posting.batch; ++i) {
            body += event_text(*first + i, posting.size, posting.camera);
            body += posting.batch > 1 ? "\n" : "";
            ledger.sent(*first + i, due.time_since_epoch().count());
        }
        const auto sent = now_ns();
        const auto answer = connection.send(request_text(body, posting.batch > 1))
                                ? connection.read()
                                : std::string{};
        const bool accepted = answer.starts_with("HTTP/1.1 202");
        totals.answered(accepted, posting.batch, now_ns() - sent);
        if (accepted) {
            ledger.accepted(*first, posting.batch);
        }
        if (answer.empty()) {
            return;
        }
    }
}

} // namespace

Posted post(const Posting& posting, Ledger& ledger) {
    std::vector<std::unique_ptr<Connection>> connections;
    for (unsigned i = 0; i < posting.producers; ++i) {
        connections.push_back(std::make_unique<Connection>(connect_to(posting.agent_port)));
    }
    Posted result;
    Totals totals;
    result.first = ledger.next();
    const auto begin = Clock::now();
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < posting.producers; ++i) {
        threads.emplace_back(
            [&, i] { produce(posting, i, *connections[i], ledger, totals, begin); });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    result.last = ledger.next();
    result.accepted = totals.accepted;
    result.refused = totals.refused;
    result.quickest_ns = totals.quickest_ns;
    return result;
}

} // namespace bench
