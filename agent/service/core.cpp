#include "agent/service/core.hpp"

#include "agent/api/refused_producers.hpp"
#include "agent/api/router.hpp"
#include "agent/config/config_file.hpp"
#include "agent/definitions/config_warnings.hpp"
#include "agent/definitions/local_file.hpp"
#include "agent/service/fixed_settings.hpp"
#include "agent/service/tls_judgement.hpp"
#include "agent/store/private_files.hpp"
#include "agent/store/renewal.hpp"
#include "common/base/crypto.hpp"
#include "common/base/log.hpp"
#include "common/text/invalid.hpp"

#include <algorithm>

namespace agent {

using common::Result;
using common::Task;
namespace log = common::log;

Core::Core(Surroundings around, Config config)
    : around_{std::move(around)}, config_{std::move(config)} {
    config_.delivery.defaults.agent_id = common::UuidV7{}.next(around_.clock.wall());
}

Result<void> Core::open() {
    if (auto locked = lock_.take(config_.queue.path); !locked) {
        return locked;
    }
    queue_.on_commit([this] { return lock_.keep(); });
    make_private(config_.queue.path);
    // A salvage may take minutes, before READY=1 too: once a second systemd hears that it goes on.
    const auto told = [this, last = common::Instant{}](std::string_view step) mutable {
        const auto now = around_.clock.now();
        if (now - last >= common::Millis{1'000}) {
            last = now;
            around_.systemd.send(
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
    connect();
    return {};
}

void Core::connect() {
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
    own_certificates_ = own_certificates(config_);
    control_.look_outside([this] { return look_outside(); });
    control_.show_probes(
        [this](const std::string& webhook) { return dispatcher_.probe_in(webhook); });
    watchdog_.show_verdict([this] { return control_.trouble(); });
}

void Core::start() {
    counters_.reloads.last_good = around_.clock.wall();
    queue_.start(parts_);
    sync_.start(parts_);
    dispatcher_.update_lanes();
    tell_warnings();
    parts_.spawn("upkeep", queue_.run_upkeep([this] {
        return KnownWebhooks{cache_.snapshot(), cache_.known()};
    }));
    parts_.spawn("watchdog", watchdog_.run());
    parts_.spawn("watchdog of repairs", watchdog_.run_beside_repairs());
}

Task<> Core::stop(common::Millis grace, Task<> requests) {
    common::TaskGroup answering{around_.loop};
    answering.spawn("requests", std::move(requests));
    co_await dispatcher_.stop(grace);
    co_await answering.join();
    parts_.cancel();
    co_await parts_.join();
}

tl::expected<common::http_server::Handler, common::HttpReply>
Core::answer(const common::Incoming& head) {
    return route(head, ingest_, control_, config_);
}

void Core::note_refusal(const common::http_server::RefusedRequest& refused) {
    agent::note_refusal(queue_.events(), counters_, refused);
}

Task<> Core::load_definitions_late() {
    if (const auto loaded = co_await cache_.load_late(); !loaded) {
        log::error("webhooks of the server cannot be served yet",
                   {{"error", loaded.error().message}});
    }
}

OutsideFacts Core::look_outside() const {
    return {dispatcher_.waiting(), around_.certificate_ends(), own_certificates_,
            watchdog_.stands_still(), no_socket_};
}

void Core::reload() {
    log::info("reloading", {{"config", config_.path}});
    const auto monotonic = std::chrono::duration_cast<std::chrono::microseconds>(
        around_.clock.now().time_since_epoch());
    around_.systemd.send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic.count()));
    if (apply_new_config()) {
        ++counters_.reloads.good;
        counters_.reloads.last_good = around_.clock.wall();
        log::info("reloaded");
    } else {
        ++counters_.reloads.bad;
    }
    around_.systemd.send("READY=1\nSTATUS=" + watchdog_.status());
}

/// Each warning once, and again only when it has been gone in between.
void Core::tell_warnings() {
    auto warnings = config_warnings(config_, cache_);
    for (const auto& warning : warnings) {
        if (std::ranges::find(told_, warning) == told_.end()) {
            log::warn("the configuration may not be what is meant", {{"warning", warning}});
        }
    }
    told_ = std::move(warnings);
}

/// All or nothing: false if there is any error.
bool Core::apply_new_config() {
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
        const auto since = config_.refused ? config_.refused->at : around_.clock.wall();
        config_.refused = Config::Refused{since, std::move(loaded.errors)};
        return false;
    }
    config_ = std::move(loaded.config);
    log::set_level(config_.log_level);
    own_certificates_ = own_certificates(config_);
    memory_.set_limit(budget_bytes(config_), reserve_bytes);
    config_listener_();
    findface_.forget_login();
    cache_.rebuild(std::move(*local));
    dispatcher_.update_lanes();
    sync_.refetch_now();
    return true;
}

} // namespace agent
