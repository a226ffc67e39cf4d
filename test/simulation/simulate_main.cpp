// ffl-simulate: runs simulated boards under seeds, each in a process of its own, and prints what
// broke with the seed that shows it again.

#include "test/simulation/world.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fcntl.h>
#include <iostream>
#include <map>
#include <sys/wait.h>
#include <unistd.h>

/// Writes down which branches were taken; only where the program was compiled for that
/// (scripts/simulate.sh --coverage).
extern "C" [[gnu::weak]] void __gcov_dump();

namespace {

using simulation::Report;

struct Options {
    std::uint64_t seed = 1, runs = 1'000;
    double minutes = 0;
    unsigned jobs = 2;
    bool log = false, keep_going = false;
};

/// Of the kernel: the simulated clock is another.
double seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Result {
    Report report;
    char broken[600]{};
};

[[noreturn]] void child(std::uint64_t seed, const Options& options, int to) {
    if (!options.log) {
        ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);
    }
    Result result;
    simulation::Random random{seed};
    auto plan = simulation::plan_of(random);
    auto* world = new simulation::World{random.bits(), std::move(plan), // never taken apart
                                        options.log ? "debug" : "error"};
    try {
        world->run();
    } catch (const std::exception& error) {
        const auto text = world->where() + ": " + error.what();
        std::snprintf(result.broken, sizeof result.broken, "%s", text.c_str());
    }
    result.report = world->report();
    const auto written = ::write(to, &result, sizeof result);
    world->clean_up();
    if (__gcov_dump != nullptr) {
        __gcov_dump();
    }
    ::_exit(written == sizeof result ? 0 : 1);
}

class Runs {
  public:
    explicit Runs(const Options& options) : options_{options}, next_{options.seed} {}

    int all() {
        const auto begin = seconds();
        const auto end = options_.minutes > 0 ? begin + options_.minutes * 60 : 0;
        const auto more = [&] {
            return (failed_.empty() || options_.keep_going) &&
                   (end > 0 ? seconds() < end : next_ < options_.seed + options_.runs);
        };
        while (more() || !running_.empty()) {
            while (running_.size() < options_.jobs && more()) {
                begin_one(next_++);
            }
            if (!running_.empty()) {
                end_one();
            }
        }
        print(seconds() - begin);
        return failed_.empty() ? 0 : 1;
    }

  private:
    struct Running {
        std::uint64_t seed;
        int from;
    };

    void begin_one(std::uint64_t seed) {
        int ends[2];
        if (::pipe(ends) != 0) {
            throw std::runtime_error{"pipe"};
        }
        std::cout.flush();
        const auto pid = ::fork();
        if (pid == 0) {
            ::close(ends[0]);
            child(seed, options_, ends[1]);
        }
        ::close(ends[1]);
        running_[pid] = {seed, ends[0]};
    }

    void end_one() {
        int status = 0;
        const auto pid = ::waitpid(-1, &status, 0);
        const auto found = running_.find(pid);
        if (found == running_.end()) {
            return;
        }
        const auto [seed, from] = found->second;
        running_.erase(found);
        Result result;
        const bool told = ::read(from, &result, sizeof result) == sizeof result;
        ::close(from);
        if (!told) {
            std::snprintf(result.broken, sizeof result.broken, "the agent ended by %s %d",
                          WIFSIGNALED(status) ? "signal" : "exit",
                          WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        }
        ++done_;
        add(result.report);
        if (result.broken[0] != '\0') {
            failed_.push_back(seed);
            std::cout << "seed " << seed << ": " << result.broken << "\n";
        }
    }

    void add(const Report& report) {
        for (std::size_t act = 0; act < simulation::acts; ++act) {
            sum_.acts[act] += report.acts[act];
        }
        sum_.steps += report.steps;
        sum_.lives += report.lives;
        sum_.syncs += report.syncs;
        sum_.events += report.events;
        sum_.duties += report.duties;
        sum_.delivered += report.delivered;
        sum_.repeated += report.repeated;
        sum_.calls += report.calls;
        sum_.lost += report.lost;
        sum_.milliseconds += report.milliseconds;
    }

    void print(double took) const {
        std::cout << done_ << " runs in " << took << " s, seeds " << options_.seed << " to "
                  << next_ - 1 << ": " << static_cast<double>(sum_.milliseconds) / 3.6e6
                  << " virtual hours, " << sum_.steps << " steps, " << sum_.lives
                  << " lives\nacts:";
        for (std::size_t act = 0; act < simulation::acts; ++act) {
            std::cout << " " << simulation::name_of(static_cast<simulation::Act>(act)) << " "
                      << sum_.acts[act];
        }
        std::cout << "\nevents " << sum_.events << ", deliveries owed " << sum_.duties
                  << ", delivered " << sum_.delivered << ", repeated after a death "
                  << sum_.repeated << ", on pages that were damaged " << sum_.lost << ", requests "
                  << sum_.calls << ", syncs " << sum_.syncs << "\nfailed: " << failed_.size()
                  << "\n";
        for (const auto seed : failed_) {
            std::cout << "again: scripts/simulate.sh --seed " << seed << " --runs 1 --log\n";
        }
    }

    const Options& options_;
    std::uint64_t next_;
    std::uint64_t done_ = 0;
    std::map<pid_t, Running> running_;
    Report sum_;
    std::vector<std::uint64_t> failed_;
};

} // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app{"runs the agent on simulated boards"};
    app.add_option("--seed", options.seed, "the first seed");
    app.add_option("--runs", options.runs, "how many seeds");
    app.add_option("--minutes", options.minutes, "as many seeds as fit into that time");
    app.add_option("--jobs", options.jobs, "processes at a time");
    app.add_flag("--log", options.log, "print the agent's log");
    app.add_flag("--keep-going", options.keep_going, "after a failure, too");
    CLI11_PARSE(app, argc, argv);
    return Runs{options}.all();
}
