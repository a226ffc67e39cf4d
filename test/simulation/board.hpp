// Board: the device on which the agent lives. It starts the agent, runs it step by step, and lets
// it end in order or die. The agent is the core that the service runs, over the simulated world.
#pragma once

#include "agent/service/core.hpp"
#include "test/simulation/clock.hpp"
#include "test/simulation/disk.hpp"
#include "test/simulation/network.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace simulation {

class Board {
  public:
    /// `ini` is the path of the configuration.
    Board(Random random, Clock& clock, Disk& disk, Network& network, std::string ini);
    ~Board();

    /// Empty if the agent runs now; otherwise why it does not, with its exit. It may also have
    /// died.
    std::optional<std::string> start();
    [[nodiscard]] bool alive() const { return life_ != nullptr; }
    /// Runs something that is ready. False if nothing is.
    bool run_one();
    /// Ends the agent in order. False if it does not come to an end within the span.
    bool stop(common::Millis within);
    /// Clears away an agent that has died: the disk is as the death left it.
    void bury();

    /// A request as through the Unix socket. `done` gets the reply, unless the agent dies first.
    void request(common::Incoming request, std::function<void(const common::HttpReply&)> done);
    /// All rows of the queue as people would list them. `done` gets them, unless the agent dies
    /// first or its database cannot be read.
    void list(std::function<void(std::vector<agent::DeliveryRow>)> done);
    [[nodiscard]] agent::Core& core() { return *life_->core; }

    /// The database does not answer before that time.
    void stall_database(WorldTime until) { stalled_until_ = until; }
    [[nodiscard]] WorldTime stalled_until() const { return stalled_until_; }

  private:
    struct Life {
        common::asio::io_context loop{1}, database_loop{1};
        common::asio::executor_work_guard<common::asio::io_context::executor_type> loop_work{
            loop.get_executor()},
            database_work{database_loop.get_executor()};
        common::SystemdNotifier systemd;
        std::unique_ptr<agent::Core> core;
        std::optional<common::TaskGroup> requests;
        bool started = false;
    };
    bool run_stop(common::Millis grace, WorldTime until);

    Random random_;
    Clock& clock_;
    Disk& disk_;
    Network& network_;
    std::string ini_;
    std::unique_ptr<Life> life_;
    WorldTime stalled_until_{0};
    std::optional<WorldTime> died_; ///< while it was about to end
};

} // namespace simulation
