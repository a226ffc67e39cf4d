#include "agent/service/service.hpp"

#include "agent/api/control.hpp"
#include "agent/api/ingest.hpp"
#include "agent/api/refused_producers.hpp"
#include "agent/api/router.hpp"
#include "agent/config/config_file.hpp"
#include "agent/definitions/config_warnings.hpp"
#include "agent/definitions/local_file.hpp"
#include "agent/definitions/sync.hpp"
#include "agent/definitions/webhook_cache.hpp"
#include "agent/delivery/dispatcher.hpp"
#include "agent/findface/client.hpp"
#include "agent/queue/queue.hpp"
#include "agent/service/exit_codes.hpp"
#include "agent/service/fixed_settings.hpp"
#include "agent/service/guarded_client.hpp"
#include "agent/service/held_signals.hpp"
#include "agent/service/http_options.hpp"
#include "agent/service/process_memory.hpp"
#include "agent/service/tls_judgement.hpp"
#include "agent/service/watchdog.hpp"
#include "agent/store/private_files.hpp"
#include "agent/store/queue_lock.hpp"
#include "agent/store/renewal.hpp"
#include "common/base/crypto.hpp"
#include "common/base/log.hpp"
#include "common/base/systemd.hpp"
#include "common/base/version.hpp"
#include "common/http_client/http_client.hpp"
#include "common/http_server/bound_address.hpp"
#include "common/http_server/server.hpp"
#include "common/net/host_port.hpp"
#include "common/text/invalid.hpp"

#include <algorithm>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <csignal>
#include <sys/stat.h>

namespace agent {

namespace {

using common::Fault;
using common::Result;
using common::Task;
namespace asio = common::asio;
namespace log = common::log;

/// For requests being answered and attempts in flight at SIGTERM.
constexpr common::Millis stop_grace{5'000};

class Service {
  public:
    explicit Service(Config config) : config_{std::move(config)} {
        config_.delivery.defaults.agent_id = common::UuidV7{}.next(clock_.wall());
    }
    int run();

  private:
    Result<void> start();
    Result<void> open();
    void connect();
    Result<void> listen();
    [[nodiscard]] OutsideFacts look_outside() const;
    Task<> load_definitions_late();
    Task<> run_until_stopped();
    Task<> stop();
    void reload();
    bool apply_new_config();
    void tell_warnings();

    // From top to bottom: each part uses only those above it.
    Config config_;
    QueueLock lock_; // given back last, when the database is closed
    common::MemoryBudget memory_{budget_bytes(config_), reserve_bytes}; // for requests and replies
    asio::io_context loop_{1};
    // Caught for the whole life of the process, so that none of them ends it at once.
    asio::signal_set signals_{loop_, SIGTERM, SIGINT, SIGHUP};
    asio::thread_pool database_thread_{1};
    common::SystemClock clock_{loop_.get_executor()};
    common::Database database_{loop_.get_executor(), database_thread_.get_executor()};
    Counters stats_;
    WebhookCache cache_{database_, config_};
    Queue queue_{loop_.get_executor(), clock_, database_, config_, stats_};
    common::http_server::BoundAddress bound_;
    common::PooledClient client_{loop_.get_executor(), client_options(config_, bound_)};
    findface::Client findface_{loop_.get_executor(), clock_, client_, config_};
    Sync sync_{loop_.get_executor(), clock_, findface_, cache_, config_, stats_};
    GuardedClient guarded_client_{clock_, client_, [this] { return lock_.alone(); },
                                  [this] { dispatcher_.rows_changed({}); }};
    Dispatcher dispatcher_{
        loop_.get_executor(), clock_, guarded_client_, queue_, cache_, config_, stats_};
    Ingest ingest_{clock_, queue_, cache_, stats_, memory_};
    std::optional<Control> control_;
    std::optional<common::http_server::Server> server_;
    common::SystemdNotifier systemd_;
    Watchdog watchdog_{clock_, database_, queue_, dispatcher_, cache_, config_, systemd_};
    common::TaskGroup parts_{loop_.get_executor()};
    std::vector<std::string> told_;                              // warnings
    std::vector<OutsideFacts::OwnCertificate> own_certificates_; // as they were last read
};

int Service::run() {
    release_signals(); // signals_ catches them by now
    log::info(
        "starting",
        {{"version", common::version}, {"config", config_.path}, {"queue", config_.queue.path}});
    if (auto started = start(); !started) {
        log::error("cannot start", {{"error", started.error().message}});
        return started.error().fault == Fault::config ? exit_code::bad_config : exit_code::io;
    }
    bool stopped = false;
    asio::co_spawn(loop_, run_until_stopped(), [&](std::exception_ptr failure) {
        stopped = !failure;
        loop_.stop();
    });
    systemd_.send("READY=1");
    loop_.run();
    if (!stopped) {
        log::error("the event loop ended unexpectedly");
        return exit_code::io;
    }
    database_.close();
    log::info("stopped");
    return exit_code::done;
}

Result<void> Service::start() {
    if (const auto errors = tls_errors(config_); !errors.empty()) {
        return common::fail(Fault::config, common::joined(errors));
    }
    if (auto opened = open(); !opened) {
        return opened;
    }
    connect();
    if (auto listening = listen(); !listening) {
        return listening;
    }
    queue_.start(parts_);
    sync_.start(parts_);
    dispatcher_.update_lanes();
    tell_warnings();
    parts_.spawn("upkeep", queue_.run_upkeep([this] {
        return KnownWebhooks{cache_.snapshot(), cache_.known()};
    }));
    parts_.spawn("watchdog", watchdog_.run());
    parts_.spawn("watchdog of repairs", watchdog_.run_beside_repairs());
    return {};
}

Result<void> Service::open() {
    if (auto locked = lock_.take(config_.queue.path); !locked) {
        return locked;
    }
    queue_.on_commit([this] { return lock_.keep(); });
    make_private(config_.queue.path);
    // A salvage may take minutes, before READY=1 too: once a second systemd hears that it goes on.
    const auto told = [this, last = common::Instant{}](std::string_view step) mutable {
        const auto now = clock_.now();
        if (now - last >= common::Millis{1'000}) {
            last = now;
            systemd_.send(
                std::string{"WATCHDOG=1\nEXTEND_TIMEOUT_USEC=60000000\nSTATUS="} +
                (step == "checking" ? "checking the database" : "recovering a damaged database"));
        }
    };
    auto started = start_database(database_, config_.queue.path, config_.queue.sync, told);
    if (!started) {
        return common::fail(started.error());
    }
    auto local = read_local(config_);
    if (!local) {
        return common::fail(local.error());
    }
    if (auto loaded = cache_.load(std::move(*local)); !loaded && !started->hindered) {
        started->hindered = loaded.error();
    }
    queue_.load(*started);
    return {};
}

void Service::connect() {
    queue_.on_committed(
        [this](std::vector<Delivery> deliveries) { dispatcher_.committed(std::move(deliveries)); });
    queue_.on_rows_changed(
        [this](const Selection& selection) { dispatcher_.rows_changed(selection); });
    queue_.on_loaded([this] { parts_.spawn("definitions", load_definitions_late()); });
    cache_.on_change([this] {
        dispatcher_.update_lanes();
        queue_.run_upkeep_now();
        tell_warnings();
    });
}

Task<> Service::load_definitions_late() {
    if (const auto loaded = co_await cache_.load_late(); !loaded) {
        log::error("webhooks of the server cannot be served yet",
                   {{"error", loaded.error().message}});
    }
}

Result<void> Service::listen() {
    control_.emplace(clock_, queue_, cache_, config_, stats_, memory_,
                     [this] { return sync_.sync_now(); });
    own_certificates_ = own_certificates(config_);
    control_->look_outside([this] { return look_outside(); });
    watchdog_.show_verdict([this] { return control_->trouble(); });
    control_->show_probes(
        [this](const std::string& webhook) { return dispatcher_.probe_in(webhook); });
    server_.emplace(
        loop_.get_executor(), server_options(config_), memory_,
        [this](const common::Incoming& head) { return route(head, ingest_, *control_, config_); });
    server_->on_refused([this](const common::http_server::RefusedRequest& refused) {
        note_refusal(queue_.events(), refused);
    });
    const auto& ingest = config_.ingest;
    if (!ingest.listen.empty()) {
        auto port = server_->listen(ingest.listen, ingest.tls_cert_file, ingest.tls_key_file);
        if (!port) {
            return common::fail("[ingest] listen", port.error());
        }
        auto bound = common::parse_host_port(ingest.listen).value_or(common::HostPort{});
        bound.port = *port;
        bound_ = {bound.host, bound.port};
        control_->listening_at(bound_);
        log::info("listening", {{"address", bound.text()},
                                {"tls", ingest.tls_cert_file.empty() ? "no" : "yes"}});
    }
    if (!ingest.socket.empty()) {
        if (auto bound = server_->listen_unix(ingest.socket, 0660); !bound) {
            return common::fail("[ingest] socket", bound.error());
        }
        log::info("listening", {{"socket", ingest.socket}});
    }
    return {};
}

OutsideFacts Service::look_outside() const {
    return {dispatcher_.waiting(), client_.certificate_ends(), own_certificates_,
            watchdog_.stands_still()};
}

Task<> Service::run_until_stopped() {
    for (;;) {
        const int signal = co_await signals_.async_wait(asio::use_awaitable);
        if (signal != SIGHUP) {
            break;
        }
        reload();
    }
    co_await stop();
}

Task<> Service::stop() {
    log::info("stopping");
    systemd_.send("STOPPING=1\nSTATUS=stopping");
    common::TaskGroup requests{loop_.get_executor()};
    requests.spawn("requests", server_->stop(stop_grace));
    co_await dispatcher_.stop(stop_grace);
    co_await requests.join();
    co_await queue_.flush();
    parts_.cancel();
    co_await parts_.join();
}

void Service::reload() {
    log::info("reloading", {{"config", config_.path}});
    const auto monotonic =
        std::chrono::duration_cast<std::chrono::microseconds>(clock_.now().time_since_epoch());
    systemd_.send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic.count()));
    if (apply_new_config()) {
        log::info("reloaded");
    }
    systemd_.send("READY=1\nSTATUS=" + watchdog_.status());
}

/// Each warning once, and again only when it has been gone in between.
void Service::tell_warnings() {
    auto warnings = config_warnings(config_, cache_);
    for (const auto& warning : warnings) {
        if (std::ranges::find(told_, warning) == told_.end()) {
            log::warn("the configuration may not be what is meant", {{"warning", warning}});
        }
    }
    told_ = std::move(warnings);
}

/// All or nothing: false if there is any error.
bool Service::apply_new_config() {
    auto loaded = load_config(config_.path, credentials_directory());
    auto local = loaded.good() ? read_local(loaded.config) : Result<std::vector<Definition>>{};
    if (!local) {
        loaded.errors.push_back(local.error().message);
    }
    if (loaded.good()) {
        loaded.errors = tls_errors(loaded.config);
    }
    if (loaded.good()) {
        loaded.errors = keep_fixed_settings(loaded.config, config_);
    }
    for (const auto& error : loaded.errors) {
        log::error("invalid configuration, keeping the current one", {{"error", error}});
    }
    if (!loaded.good()) {
        const auto since = config_.refused ? config_.refused->at : clock_.wall();
        config_.refused = Config::Refused{since, std::move(loaded.errors)};
        return false;
    }
    config_ = std::move(loaded.config);
    log::set_level(config_.log_level);
    own_certificates_ = own_certificates(config_);
    client_.set_options(client_options(config_, bound_));
    memory_.set_limit(budget_bytes(config_), reserve_bytes);
    server_->set_options(server_options(config_));
    findface_.forget_login();
    cache_.rebuild(std::move(*local));
    dispatcher_.update_lanes();
    sync_.refetch_now();
    return true;
}

} // namespace

int run_service(Config config) {
    return_freed_memory();
    log::set_level(config.log_level);
    std::signal(SIGPIPE, SIG_IGN);
    ::umask(private_umask);
    return Service{std::move(config)}.run();
}

} // namespace agent
