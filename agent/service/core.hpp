// Core: the agent without its sockets, signals and threads. Builds the queue, the webhooks, the
// deliveries and the API over what is handed in, and connects them. The service puts it on the real
// world; test/simulation puts the same on a simulated one. Loop thread. What survives a crash is
// the database; the next start goes on from there.
#pragma once

#include "agent/api/control.hpp"
#include "agent/api/ingest.hpp"
#include "agent/config/config.hpp"
#include "agent/definitions/sync.hpp"
#include "agent/definitions/webhook_cache.hpp"
#include "agent/delivery/dispatcher.hpp"
#include "agent/findface/client.hpp"
#include "agent/queue/queue.hpp"
#include "agent/service/guarded_client.hpp"
#include "agent/service/process_memory.hpp"
#include "agent/service/watchdog.hpp"
#include "agent/store/queue_lock.hpp"
#include "common/base/backoff.hpp"
#include "common/base/systemd.hpp"
#include "common/http_client/http_client.hpp"
#include "common/http_server/handler.hpp"

#include <functional>
#include <string>
#include <vector>

namespace agent {

/// What the core stands on. All references outlive it.
struct Surroundings {
    common::Executor loop;
    common::Executor database_thread; ///< runs one function at a time; may be the loop
    common::Clock& clock;
    common::HttpClient& client; ///< for deliveries and for the FindFace server
    common::SystemdNotifier& systemd;
    std::function<common::CertificateEnds()> certificate_ends; ///< of the peers, as the client saw
    common::Chance chance = common::random_chance();           ///< decides the jitter of all waits
};

class Core {
  public:
    Core(Surroundings around, Config config);

    /// Takes the queue for this process and opens it, which may take minutes if it is damaged.
    /// Blocking; before the loop runs. Errors: as of QueueLock::take() and start_database(), and
    /// Fault::config for a local file of webhooks that cannot be used.
    common::Result<void> open();
    /// Spawns everything that runs by itself. After open().
    void start();
    /// Ends what start() has spawned. `requests` ends those that the API is answering, which may
    /// need the queue. Attempts in flight get up to `grace`. Every outcome is written when it
    /// returns, unless the database refuses it.
    common::Task<> stop(common::Millis grace, common::Task<> requests);
    /// Gives the queue's files back, after the loop has ended.
    void close() { database_.close(); }

    /// SIGHUP: reads the configuration again. All of it is used or, if anything is wrong with it,
    /// none. Blocking.
    void reload();
    /// Called when a new configuration is used.
    void on_config(std::function<void()> listener) { config_listener_ = std::move(listener); }

    /// As a gate of the HTTP server.
    tl::expected<common::http_server::Handler, common::HttpReply> answer(const common::Incoming&);
    void note_refusal(const common::http_server::RefusedRequest& refused);
    /// Where the API listens on TCP.
    void listening_at(const common::http_server::BoundAddress& bound) {
        control_.listening_at(bound);
    }
    /// Why it does not listen on the Unix socket; empty: it does.
    void lacks_socket(std::string why) { no_socket_ = std::move(why); }

    [[nodiscard]] const Config& config() const { return config_; }
    [[nodiscard]] common::MemoryBudget& memory() { return memory_; }
    [[nodiscard]] Queue& queue() { return queue_; }
    /// Never null.
    [[nodiscard]] std::shared_ptr<const Snapshot> webhooks() const { return cache_.snapshot(); }

  private:
    void connect();
    [[nodiscard]] OutsideFacts look_outside() const;
    common::Task<> load_definitions_late();
    bool apply_new_config();
    void tell_warnings();

    // From top to bottom: each part uses only those above it.
    Surroundings around_;
    Config config_;
    QueueLock lock_; // given back last, when the database is closed
    common::MemoryBudget memory_{budget_bytes(config_), reserve_bytes}; // for requests and replies
    common::Database database_{around_.loop, around_.database_thread};
    Counters counters_;
    WebhookCache cache_{database_, config_};
    Queue queue_{around_.loop, around_.clock, database_, config_, counters_};
    findface::Client findface_{around_.loop, around_.clock, around_.client, config_,
                               around_.chance};
    Sync sync_{around_.loop, around_.clock, findface_, cache_, config_, counters_, around_.chance};
    GuardedClient guarded_client_{around_.clock, around_.client, [this] { return lock_.alone(); },
                                  [this] { dispatcher_.rows_changed({}); }};
    Dispatcher dispatcher_{around_.loop, around_.clock, guarded_client_, queue_,
                           cache_,       config_,       counters_,       around_.chance};
    Ingest ingest_{around_.clock, queue_, cache_, counters_, memory_};
    Control control_{around_.clock,
                     queue_,
                     cache_,
                     config_,
                     counters_,
                     memory_,
                     [this] { return sync_.sync_now(); }};
    Watchdog watchdog_{around_.clock, database_, queue_,         dispatcher_,
                       cache_,        config_,   around_.systemd};
    common::TaskGroup parts_{around_.loop};
    std::function<void()> config_listener_ = [] {};
    std::vector<std::string> told_; // warnings
    std::string no_socket_;
    std::vector<OutsideFacts::OwnCertificate> own_certificates_; // as they were last read
};

} // namespace agent
