// World: a board with its disk, clock, network and people, run under a seed. Everything that
// happens is drawn from the seed, so that a failure is replayed by its number.
//
// test/simulation/ runs the whole agent (agent/service/core.hpp) on one thread in virtual time. A
// run does some hundred acts at random: events, faults, deaths, changes. After it the faults cease,
// and everything that was acknowledged must have been delivered or still be known.
#pragma once

#include "test/simulation/board.hpp"
#include "test/simulation/ledger.hpp"
#include "test/simulation/plan.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace simulation {

/// Plain, for it passes through a pipe.
struct Report {
    std::uint64_t acts[simulation::acts]{};
    std::uint64_t steps = 0, lives = 0, syncs = 0;
    std::uint64_t events = 0, duties = 0, delivered = 0, repeated = 0, calls = 0, lost = 0;
    std::int64_t milliseconds = 0; ///< virtual
};

class World {
  public:
    /// `log` is the level of the agent's log.
    World(std::uint64_t seed, Plan plan, const std::string& log);
    ~World();
    /// Removes its files. For a world that broke, which cannot be taken apart any more.
    void clean_up();

    /// All of it. Throws Broken.
    void run();
    [[nodiscard]] Report report() const;
    /// "act 17 (power) at 12345 ms".
    [[nodiscard]] std::string where() const;

    // For scenarios, which say themselves what happens.
    void start();
    /// Lets the time pass, and the agent work. It is started again when it dies.
    void pass(common::Millis span);
    void act(Act what);
    /// An event of the camera, with about so many bytes.
    std::string post(int camera, std::size_t bytes = 100);
    void call(std::string method, std::string path, std::string query, std::string body,
              std::function<void(const common::HttpReply&)> done);
    void kill(Death how);
    void restart();
    /// Faults cease, everything drains, and the ledger is settled.
    void finish();
    Disk& disk() { return disk_; }
    Clock& clock() { return clock_; }
    Network& network() { return network_; }
    Definitions& definitions() { return definitions_; }
    Ledger& ledger() { return ledger_; }
    Board& board() { return board_; }
    /// The status of the last answer to post(); 0 while there is none.
    [[nodiscard]] unsigned last_status() const { return last_status_; }

  private:
    /// Of a person: retries or drops deliveries, of a webhook and an event, or (empty) of each.
    struct Edit {
        bool drops = false;
        std::string webhook, event{};
        bool operator==(const Edit&) const = default;
    };
    void allow(const Edit& edit);
    /// A line in the log of a run that is watched.
    void note(const std::string& what) const;
    void run_ready();
    void bring_up();
    void write_ini(bool good);
    void post_some();
    void send(std::string body, std::vector<std::pair<std::string, int>> events, bool lines);
    std::vector<std::string> certain_matches(int camera, const agent::Snapshot& before,
                                             const agent::Snapshot& after) const;
    void change_target();
    void change_definition();
    void change_server();
    void have_person_act();
    void change_clock();
    void change_disk();
    void look();
    void look_closer(const nlohmann::json& deliveries);
    void edit(const Edit& what, std::string method, std::string path, std::string body);
    void audit();
    void stall();
    void damage();
    void mislay();
    void lay_old_database();
    void heal();
    void require_drained();
    std::vector<Row> rows();

    Random random_;
    Plan plan_;
    std::string log_;
    std::string folder_; ///< of the configuration
    Clock clock_;
    Disk disk_;
    Definitions definitions_;
    Network network_;
    Ledger ledger_;
    Board board_;
    Report report_;
    std::uint64_t act_ = 0;
    Act last_act_ = Act::post;
    std::uint64_t next_event_ = 0;
    std::vector<std::pair<std::string, int>> unanswered_; ///< body and camera of what may be resent
    std::vector<Edit> edits_;                             ///< not answered yet
    unsigned last_status_ = 0;
    std::uint64_t dead_ = 0; ///< as counted at the end
};

} // namespace simulation
