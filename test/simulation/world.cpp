#include "test/simulation/world.hpp"

#include "agent/store/crash_notes.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace simulation {

using common::Millis;

namespace {

/// So many handlers in one moment are a circle.
constexpr std::uint64_t most_steps_at_once = 300'000;
/// systemd's RestartSec.
constexpr Millis restart_pause{2'000};
/// Retries wait for retry_max and Retry-After at most, then come probes and the backlog.
constexpr Millis drain_time{3'600'000};
constexpr Millis stop_time{90'000};

std::string new_ini_folder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "ffl-simulation-ini-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error{"cannot create " + name};
    }
    return name;
}

} // namespace

World::World(std::uint64_t seed, Plan plan, const std::string& log)
    : random_{seed}, plan_{std::move(plan)}, log_{log}, folder_{new_ini_folder()},
      clock_{random_.fork()}, disk_{random_.fork()}, definitions_{random_.fork()},
      network_{random_.fork(), clock_, definitions_}, ledger_{clock_, definitions_, plan_.terms},
      board_{random_.fork(), clock_, disk_, network_, folder_ + "/agent.ini"} {
    network_.page_size(plan_.page_size);
    network_.on_begin([this](const Call& call) { ledger_.begun(call); });
    network_.on_end([this](const Call& call) { ledger_.ended(call); });
    network_.poison(plan_.terms.poisoned, [this] {
        agent::CrashNotes::note_own_signal(); // as of a bad access
        disk_.die(Death::process);
    });
    std::ofstream{folder_ + "/password"} << "secret\n";
    write_ini(true);
    for (std::size_t i = 0; i < plan_.webhooks; ++i) {
        definitions_.create();
    }
}

World::~World() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void World::clean_up() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
    disk_.clean_up();
}

void World::write_ini(bool good) {
    std::ofstream{folder_ + "/agent.ini"} << plan_.ini << "path = " << disk_.folder()
                                          << "/agent.db\n[ingest]\nlisten =\nsocket = " << folder_
                                          << "/agent.sock\n[log]\nlevel = " << log_ << "\n"
                                          << plan_.ini_end
                                          << (good ? "" : "[queue]\nmax_size = large\n");
}

void World::run() {
    if (plan_.old_events > 0) {
        lay_old_database();
    }
    start();
    for (act_ = 0; act_ < plan_.length; ++act_) {
        pass(Millis{random_.between(0, plan_.pace.count())});
        last_act_ = plan_.next(random_, act_ >= plan_.quiet_from);
        note(where());
        act(last_act_);
        ++report_.acts[static_cast<std::size_t>(last_act_)];
    }
    finish();
}

Report World::report() const {
    auto report = report_;
    report.syncs = disk_.syncs();
    report.duties = ledger_.duties();
    report.delivered = ledger_.delivered();
    report.repeated = ledger_.repeated();
    report.lost = ledger_.lost_to_damage();
    report.calls = network_.calls();
    report.events = next_event_;
    report.milliseconds = clock_.world().count();
    return report;
}

std::string World::where() const {
    return "act " + std::to_string(act_) + " (" + name_of(last_act_) + ") at " +
           std::to_string(clock_.world().count()) + " ms";
}

void World::note(const std::string& what) const {
    if (log_ == "debug") {
        std::cerr << "                         " << what << "\n";
    }
}

void World::start() {
    bring_up();
    run_ready();
}

/// Until it runs. It may die at its start, too, and as often as it likes: each death is one that
/// was asked for.
void World::bring_up() {
    write_ini(true); // with a bad one systemd would not even try
    for (int refused = 0; !board_.alive();) {
        ++report_.lives;
        const auto why = board_.start();
        if (disk_.dead()) {
            kill(disk_.how());
        } else if (why) {
            ledger_.died(true);
            clock_.move_to(clock_.world() + restart_pause);
            if (++refused == 3) {
                throw Broken{"the agent does not start: " + *why};
            }
        }
    }
}

void World::run_ready() {
    for (std::uint64_t steps = 0;; ++steps) {
        if (disk_.dead()) {
            kill(disk_.how());
            bring_up();
        }
        if (!board_.run_one() && !clock_.fire()) {
            return;
        }
        ledger_.check();
        ++report_.steps;
        if (steps == most_steps_at_once) {
            throw Broken{"the agent runs in circles"};
        }
    }
}

void World::pass(Millis span) {
    const auto end = clock_.world() + span;
    run_ready();
    for (;;) {
        auto next = clock_.next().value_or(end);
        if (clock_.world() < board_.stalled_until()) {
            next = std::min(next, board_.stalled_until());
        }
        if (next > end) {
            clock_.move_to(end);
            return;
        }
        const bool last = next == end && clock_.world() == end;
        clock_.move_to(next);
        run_ready();
        if (last) {
            return;
        }
    }
}

/// The agent is dead, and the board starts it again after a while.
void World::kill(Death how) {
    disk_.die(how);
    note(how == Death::power ? "the power is cut" : "the process is killed");
    for (const auto& edit : std::exchange(edits_, {})) {
        allow(edit);
    }
    board_.bury(); // which sets the clock to the death
    ledger_.died(false);
    if (how == Death::power) {
        clock_.move_to(clock_.world() + Millis{random_.between(100, 120'000)});
        clock_.boot();
        // Boards without a battery go on where they were, at best.
        clock_.step(-Millis{random_.between(0, 86'400'000)});
    } else {
        clock_.move_to(clock_.world() + restart_pause);
    }
}

void World::restart() {
    if (!board_.stop(stop_time)) {
        throw Broken{"the agent does not stop within 90 s"};
    }
    if (disk_.dead()) {
        kill(disk_.how());
    } else {
        ledger_.died(true);
        clock_.move_to(clock_.world() + restart_pause);
    }
    bring_up();
}

void World::heal() {
    disk_.faults = {};
    ledger_.disk_fails(false);
    network_.heal();
    definitions_.heal();
    clock_.set_synchronized(true);
    board_.stall_database(WorldTime{0});
    write_ini(true);
}

void World::finish() {
    heal();
    if (report_.acts[static_cast<std::size_t>(Act::damage)] > 0) {
        restart(); // what is damaged under a running agent may be noticed only by the next start
    }
    pass(drain_time);
    require_drained();
    if (!board_.stop(stop_time)) {
        throw Broken{"the agent does not stop within 90 s, though nothing is wrong"};
    }
    if (disk_.dead()) { // a death that was still to come
        kill(disk_.how());
        bring_up();
        pass(drain_time);
        require_drained();
        board_.stop(stop_time);
    }
    ledger_.died(true);
    const auto left = rows();
    const auto dead = std::ranges::count_if(left, &Row::dead);
    if (dead_ != static_cast<std::uint64_t>(dead)) {
        throw Broken{std::to_string(dead_) + " dead letters are counted, but there are " +
                     std::to_string(dead)};
    }
    ledger_.settle(left);
}

void World::require_drained() {
    const auto stats = board_.core().queue().stats();
    if (stats.degraded) {
        throw Broken{"the queue is degraded an hour after the faults ceased: " + stats.last_error};
    }
    if (const auto held = board_.core().memory().used(); held != 0) {
        throw Broken{std::to_string(held) + " bytes are held though nothing is asked any more"};
    }
    dead_ = stats.dead;
    if (stats.pending != 0) {
        throw Broken{std::to_string(stats.pending) +
                     " deliveries are pending an hour after the faults ceased"};
    }
}

} // namespace simulation
