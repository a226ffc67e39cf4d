// ffl-load: producers and a target in one process, around a running agent. It counts every event:
// accepted, delivered, delivered more than once, never delivered. It is told what to do by JSON
// lines on its standard input and answers each with one:
//   (at the start)                 {"target": PORT, "down": PORT}: the targets of camera 1 and 2
//   {"do": "post", "agent_port", "producers", "seconds", "events", "rate", "size", "batch",
//    "camera", "wait"}             posts; with "wait" until all are delivered, so many seconds
//   {"do": "expect", "events"}     so many were posted by another process and come to the target
//   {"do": "await", "wait"}        until all that were accepted or are expected are delivered;
//                                  "missing" says how many are not
// It ends with its input. "down" refuses connections all the time.
#include "test/bench/ledger.hpp"
#include "test/bench/message.hpp"
#include "test/bench/producers.hpp"

#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

namespace {

using nlohmann::json;

constexpr std::size_t most_events = 4'000'000;

class Target {
  public:
    explicit Target(bench::Ledger& ledger) : ledger_(ledger) {
        port_.listen();
        std::thread{[this] { serve(); }}.detach();
    }

    [[nodiscard]] std::uint16_t port() const { return port_.number(); }

  private:
    [[noreturn]] void serve() {
        for (;;) {
            if (const int file = port_.accept(); file >= 0) {
                std::thread{[this, file] { receive(file); }}.detach();
            }
        }
    }

    void receive(int file) {
        static const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        bench::Connection connection{file};
        for (;;) {
            const auto request = connection.read();
            if (request.empty() || !connection.send(answer)) {
                return;
            }
            ledger_.arrived(bench::number_in(request));
        }
    }

    bench::Ledger& ledger_;
    bench::Port port_;
};

template <typename Done> void wait_until(Done done, double seconds) {
    const auto end = bench::now_ns() + static_cast<std::int64_t>(seconds * 1e9);
    while (!done() && bench::now_ns() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
}

double part_ms(const std::vector<std::int64_t>& sorted, double part) {
    if (sorted.empty()) {
        return 0;
    }
    const auto place = static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1));
    return static_cast<double>(sorted[place]) / 1e6;
}

json arrivals(const bench::Ledger& ledger, std::uint64_t delivered_before) {
    return {{"delivered", ledger.delivered() - delivered_before},
            {"again", ledger.again()},
            {"unknown", ledger.unknown()}};
}

json post(const json& command, bench::Ledger& ledger) {
    bench::Posting posting;
    posting.agent_port = command.at("agent_port").get<std::uint16_t>();
    posting.producers = command.value("producers", posting.producers);
    posting.seconds = command.value("seconds", posting.seconds);
    posting.events = command.value("events", posting.events);
    posting.rate = command.value("rate", posting.rate);
    posting.size = command.value("size", posting.size);
    posting.batch = command.value("batch", posting.batch);
    posting.camera = command.value("camera", posting.camera);
    const auto before = ledger.delivered();
    const auto begin = bench::now_ns();
    const auto posted = bench::post(posting, ledger);
    const double patience = command.value("wait", 0.0);
    if (patience > 0) {
        wait_until([&] { return ledger.delivered() >= before + posted.accepted; }, patience);
    }
    const auto latencies = ledger.latencies(posted.first, posted.last);
    auto result = arrivals(ledger, before);
    result.update(json{{"accepted", posted.accepted},
                       {"refused", posted.refused},
                       {"posting_s", posted.seconds},
                       {"all_s", static_cast<double>(bench::now_ns() - begin) / 1e9},
                       {"quickest_202_ms", static_cast<double>(posted.quickest_ns) / 1e6},
                       {"p50_ms", part_ms(latencies, 0.5)},
                       {"p99_ms", part_ms(latencies, 0.99)}});
    return result;
}

json await(const json& command, const bench::Ledger& ledger) {
    wait_until([&] { return ledger.missing() == 0; }, command.at("wait").get<double>());
    auto result = arrivals(ledger, 0);
    result["missing"] = ledger.missing();
    result["per_s"] = ledger.arrivals_per_s();
    return result;
}

json obey(const json& command, bench::Ledger& ledger) {
    const auto what = command.at("do").get<std::string>();
    if (what == "post") {
        return post(command, ledger);
    }
    if (what == "expect") {
        ledger.expect(command.at("events").get<std::size_t>());
        return json::object();
    }
    if (what == "await") {
        return await(command, ledger);
    }
    throw std::runtime_error{"unknown command " + what};
}

} // namespace

int main() {
    bench::Ledger ledger{most_events};
    Target target{ledger};
    const bench::Port down;
    std::cout << json{{"target", target.port()}, {"down", down.number()}} << std::endl;
    std::string line;
    try {
        while (std::getline(std::cin, line)) {
            std::cout << obey(json::parse(line), ledger) << std::endl;
        }
    } catch (const std::exception& error) {
        std::cerr << "ffl-load: " << error.what() << std::endl;
        std::_Exit(1);
    }
    std::_Exit(0); // the target's threads still wait for more
}
