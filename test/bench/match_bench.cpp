// What an event costs before the queue: reading it and finding its webhooks among 1 to 10,000, with
// the index and, to compare, by looking at each; and what the index costs when it is made.
//   build/release/test/ffl-match-bench [--benchmark_filter=…]

#include "agent/webhooks/webhook_index.hpp"
#include "common/base/file.hpp"

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace {

using nlohmann::json;

const std::string& event_text() {
    static const auto text =
        common::read_file(FFL_TEST_DATA "/events/face_multi_2024.json").value();
    return text;
}

/// Filters as a site would have them: each names a camera or two, some cards or a plate. The first
/// one alone matches the event.
json selective_filters(unsigned number) {
    if (number == 0) {
        return {{"type_in", "face"}, {"camera_in", {21, 22}}, {"matched", true}};
    }
    const auto id = 1000 + number;
    switch (number % 4) {
    case 0:
        return {{"type_in", "face"}, {"camera_in", {id, id + 4}}, {"confidence_gte", 0.75}};
    case 1:
        return {{"type_in", "face"}, {"camera_in", {21, 22}}, {"card_in", {id, id + 4, id + 8}}};
    case 2:
        return {{"camera_in", id / 8}, {"matched", false}, {"liveness_gte", 0.5}};
    default:
        return {{"license_plate_number", "A" + std::to_string(id) + "BC"}};
    }
}

/// As many values as a list of definitions may have.
json long_lists(unsigned number) {
    auto cards = json::array();
    for (unsigned i = 0; i < 46; ++i) {
        cards.push_back((number * 7919 + i * 104'729) % 100'000);
    }
    return {{"card_in", std::move(cards)}};
}

/// None of them names a value, so that the index cannot leave any out.
json bounds(unsigned number) {
    return {{"confidence_gte", number == 0 ? 0.5 : 0.9}, {"yaw_lte", 25}};
}

std::shared_ptr<const agent::Snapshot> snapshot_of(std::int64_t webhooks,
                                                   json (*filters)(unsigned)) {
    // Kept, for Google Benchmark calls with the same arguments several times.
    static std::map<std::pair<std::int64_t, decltype(filters)>,
                    std::shared_ptr<const agent::Snapshot>>
        made;
    auto& snapshot = made[{webhooks, filters}];
    if (!snapshot) {
        agent::Snapshot all;
        for (unsigned i = 0; i < webhooks; ++i) {
            const json definition{{"name", "webhook " + std::to_string(i)},
                                  {"target", "http://127.0.0.1:8080/"},
                                  {"filters", filters(i)}};
            all.webhooks.push_back(std::make_shared<const agent::Webhook>(
                agent::read_webhook(std::to_string(i), definition)));
        }
        snapshot = std::make_shared<const agent::Snapshot>(std::move(all));
    }
    return snapshot;
}

std::vector<std::shared_ptr<const agent::Webhook>> match_each(const agent::Snapshot& snapshot,
                                                              const agent::Event& event) {
    std::vector<std::shared_ptr<const agent::Webhook>> matching;
    std::ranges::copy_if(snapshot.webhooks, std::back_inserter(matching), [&](const auto& one) {
        return one->state == agent::WebhookState::serving && one->filters.matches(event);
    });
    return matching;
}

void read_event(benchmark::State& state) {
    for (auto _ : state) {
        benchmark::DoNotOptimize(agent::read_event(event_text()));
    }
}
BENCHMARK(read_event);

template <json (*filters)(unsigned)> void read_and_match(benchmark::State& state) {
    const agent::WebhookIndex index{snapshot_of(state.range(0), filters)};
    std::size_t matching = 0;
    for (auto _ : state) {
        const auto event = agent::read_event(event_text());
        const auto webhooks = index.match(*event);
        matching = webhooks.size();
        benchmark::DoNotOptimize(webhooks.data());
    }
    state.counters["matching"] = static_cast<double>(matching);
    state.counters["checked"] =
        static_cast<double>(index.candidates(agent::read_event(event_text()).value()));
}
BENCHMARK(read_and_match<selective_filters>)->Arg(1)->Arg(100)->Arg(1'000)->Arg(10'000);
BENCHMARK(read_and_match<bounds>)->Arg(1)->Arg(10'000);

void read_and_match_each(benchmark::State& state) {
    const auto snapshot = snapshot_of(state.range(0), selective_filters);
    for (auto _ : state) {
        const auto event = agent::read_event(event_text());
        const auto webhooks = match_each(*snapshot, *event);
        benchmark::DoNotOptimize(webhooks.data());
    }
}
BENCHMARK(read_and_match_each)->Arg(1)->Arg(100)->Arg(1'000)->Arg(10'000);

template <json (*filters)(unsigned)> void make_index(benchmark::State& state) {
    const auto snapshot = snapshot_of(state.range(0), filters);
    for (auto _ : state) {
        benchmark::DoNotOptimize(agent::WebhookIndex{snapshot});
    }
}
BENCHMARK(make_index<selective_filters>)
    ->Arg(1)
    ->Arg(100)
    ->Arg(1'000)
    ->Arg(10'000)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(make_index<long_lists>)->Arg(10'000)->Unit(benchmark::kMicrosecond);

} // namespace

BENCHMARK_MAIN();
