#include "test/simulation/plan.hpp"

#include <cmath>
#include <numeric>

namespace simulation {

namespace {

using common::Millis;

/// How often each is done when a run has it.
constexpr std::array<double, acts> usual{40, 5,   1.5, 1,   1,   0.5, 0.7, 1,
                                         1,  0.6, 0.6, 0.4, 0.2, 1,   1,   1.5};
constexpr std::array<const char*, acts> names{
    "post",  "target", "definition", "server",  "person", "reload", "clock", "disk",
    "stall", "kill",   "power",      "restart", "damage", "mislay", "look",  "audit"};

template <class T> std::string line(const char* key, const T& value) {
    return std::string{key} + " = " + value + "\n";
}

std::string any(Random& random, std::vector<std::string> choices) {
    return random.one_of(choices);
}

/// Files that somebody takes away can be written anew only while the agent lives.
void take_files_away(Plan& plan) {
    for (const auto act : {Act::kill, Act::power, Act::damage}) {
        plan.weights[static_cast<std::size_t>(act)] = 0;
    }
    plan.terms.poisoned.clear();
}

/// [webhook] sections, which the agent takes by the names of webhooks (Definitions).
std::string cooldown_section(const Terms& terms) {
    return terms.cooldown == Millis{0}
               ? ""
               : "[webhook w" + terms.cooled + "v*]\n" +
                     line("cooldown", std::to_string(terms.cooldown.count()) + "ms") +
                     line("cooldown_key", "camera");
}

} // namespace

const char* name_of(Act act) {
    return names.at(static_cast<std::size_t>(act));
}

Act Plan::next(Random& random, bool quiet) const {
    auto left = weights;
    left[static_cast<std::size_t>(Act::post)] *= quiet ? 0 : 1;
    const auto sum = std::accumulate(left.begin(), left.end(), 0.0);
    if (sum == 0) {
        return Act::look;
    }
    auto at = random.unit() * sum;
    std::size_t act = 0;
    while (act + 1 < acts && at >= left[act]) {
        at -= left[act++];
    }
    return static_cast<Act>(act);
}

Plan plan_of(Random& random) {
    Plan plan;
    for (std::size_t act = 0; act < acts; ++act) {
        const bool has = act == static_cast<std::size_t>(Act::post) || random.chance(0.5);
        plan.weights[act] = has ? usual[act] * (0.3 + 2 * random.unit()) : 0;
    }
    // From a burst within a second to a day.
    plan.pace = Millis{static_cast<std::int64_t>(std::pow(10.0, 0.5 + 5.0 * random.unit()))};
    plan.length = 50 + random.below(350);
    // A new event wakes what waits; without one the agent has to do it itself.
    plan.quiet_from =
        random.chance(0.5) ? plan.length : plan.length / 4 + random.below(plan.length);
    plan.webhooks = 1 + random.below(8);
    plan.page_size = 1 + random.below(5);
    plan.manner_fine = 0.2 + 0.7 * random.unit();
    plan.lacking = random.chance(0.7) ? 0.1 : 0.5;
    plan.bulk = random.chance(0.3) ? 20'000 : 300;
    const bool expires = random.chance(0.2);
    const bool small = random.chance(0.2);
    plan.terms.max_age = Millis{expires ? (random.chance(0.5) ? 60'000 : 1'800'000) : 0};
    if (expires) {
        plan.weights[static_cast<std::size_t>(Act::audit)] = 8; // to see what goes too early
    }
    if (random.chance(0.3)) {
        plan.terms.cooldown =
            Millis{static_cast<std::int64_t>(std::pow(10.0, 2 + 4 * random.unit()))};
        plan.terms.cooled = std::to_string(1 + random.below(plan.webhooks));
    }
    if (random.chance(0.1)) {
        plan.terms.poisoned = "e" + std::to_string(1 + random.below(plan.length / 2));
        // What ends the agent cannot be noted on a disk that takes no writes.
        plan.weights[static_cast<std::size_t>(Act::disk)] = 0;
    }
    plan.old_events = random.chance(0.1) ? 1 + random.below(50) : 0;
    if (auto& mislay = plan.weights[static_cast<std::size_t>(Act::mislay)]; random.chance(0.8)) {
        mislay = 0;
    } else if (mislay > 0) {
        take_files_away(plan);
    }
    plan.terms.small_queue = small;
    plan.terms.drops_oldest = small && random.chance(0.5);
    plan.ini = "[server]\nurl = http://findface.example\nusername = agent\n"
               "password_file = password\n" +
               line("sync_interval", any(random, {"5s", "60s", "10m"})) + "[delivery]\n" +
               line("connections", any(random, {"1", "2", "8", "64"})) +
               line("connections_per_target", any(random, {"1", "4"})) +
               line("timeout", any(random, {"3s", "10s"})) +
               line("retry_initial", any(random, {"200ms", "1s"})) +
               line("retry_max", any(random, {"5s", "100s"})) + "[queue]\n" +
               line("commit_window", any(random, {"0ms", "20ms"})) +
               line("max_size", small ? "1MiB" : "256MiB") + line("min_free", "1MiB") +
               line("when_full", plan.terms.drops_oldest ? "drop_oldest" : "reject") +
               line("max_age", std::to_string(plan.terms.max_age.count()) + "ms");
    plan.ini_end = cooldown_section(plan.terms);
    return plan;
}

} // namespace simulation
