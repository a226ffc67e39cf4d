#include "agent/service/service.hpp"

#include "agent/service/core.hpp"
#include "agent/service/exit_codes.hpp"
#include "agent/service/held_signals.hpp"
#include "agent/service/http_options.hpp"
#include "agent/service/process_memory.hpp"
#include "agent/service/tls_judgement.hpp"
#include "agent/store/crash_notes.hpp"
#include "agent/store/private_files.hpp"
#include "common/base/log.hpp"
#include "common/base/systemd.hpp"
#include "common/base/version.hpp"
#include "common/http_client/http_client.hpp"
#include "common/http_server/bound_address.hpp"
#include "common/http_server/server.hpp"
#include "common/net/host_port.hpp"
#include "common/text/invalid.hpp"

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
/// Between two attempts to make the socket on a disk that takes no files.
constexpr common::Millis socket_interval{5'000};

class Service {
  public:
    explicit Service(Config config);
    int run();

  private:
    Surroundings surroundings();
    Result<void> start();
    Result<void> listen();
    Result<void> listen_on_socket();
    Task<> keep_trying_socket();
    Task<> run_until_stopped();

    // From top to bottom: each part uses only those above it.
    asio::io_context loop_{1};
    // Caught for the whole life of the process, so that none of them ends it at once.
    asio::signal_set signals_{loop_, SIGTERM, SIGINT, SIGHUP};
    asio::thread_pool database_thread_{1};
    common::SystemClock clock_{loop_.get_executor()};
    common::SystemdNotifier systemd_;
    common::http_server::BoundAddress bound_;
    common::PooledClient client_;
    Core core_;
    std::optional<common::http_server::Server> server_;
    common::TaskGroup later_{loop_.get_executor()};
};

Service::Service(Config config)
    : client_{loop_.get_executor(), client_options(config, bound_)}, core_{surroundings(),
                                                                           std::move(config)} {}

Surroundings Service::surroundings() {
    auto ends = [this] { return client_.certificate_ends(); };
    return {loop_.get_executor(), database_thread_.get_executor(), clock_, client_, systemd_,
            std::move(ends)};
}

int Service::run() {
    release_signals(); // signals_ catches them by now
    log::info("starting", {{"version", common::version},
                           {"config", core_.config().path},
                           {"queue", core_.config().queue.path}});
    if (auto started = start(); !started) {
        log::error("cannot start", {{"error", started.error().message}});
        return started.error().fault == Fault::config ? exit_code::bad_config : exit_code::io;
    }
    log::use_journal();
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
    core_.close();
    log::info("stopped");
    return exit_code::done;
}

Result<void> Service::start() {
    if (const auto errors = tls_errors(core_.config()); !errors.empty()) {
        return common::fail(Fault::config, common::joined(errors));
    }
    if (auto opened = core_.open(); !opened) {
        return opened;
    }
    if (auto listening = listen(); !listening) {
        return listening;
    }
    core_.on_config([this] {
        client_.set_options(client_options(core_.config(), bound_));
        server_->set_options(server_options(core_.config()));
    });
    core_.start();
    return {};
}

Result<void> Service::listen() {
    server_.emplace(loop_.get_executor(), server_options(core_.config()), core_.memory(),
                    [this](const common::Incoming& head) { return core_.answer(head); });
    server_->on_refused([this](const common::http_server::RefusedRequest& refused) {
        core_.note_refusal(refused);
    });
    const auto& ingest = core_.config().ingest;
    if (!ingest.listen.empty()) {
        auto port = server_->listen(ingest.listen, ingest.tls_cert_file, ingest.tls_key_file);
        if (!port) {
            return common::fail("[ingest] listen", port.error());
        }
        auto bound = common::parse_host_port(ingest.listen).value_or(common::HostPort{});
        bound.port = *port;
        bound_ = {bound.host, bound.port};
        core_.listening_at(bound_);
        log::info("listening", {{"address", bound.text()},
                                {"tls", ingest.tls_cert_file.empty() ? "no" : "yes"}});
    }
    return ingest.socket.empty() ? Result<void>{} : listen_on_socket();
}

/// A disk that takes no files is no reason to deliver nothing.
Result<void> Service::listen_on_socket() {
    const auto& path = core_.config().ingest.socket;
    auto bound = server_->listen_unix(path, 0660);
    if (bound) {
        log::info("listening", {{"socket", path}});
        return {};
    }
    if (bound.error().fault != Fault::own) {
        return common::fail("[ingest] socket", bound.error());
    }
    log::error("cannot listen on the socket yet", {{"error", bound.error().message}});
    core_.lacks_socket(bound.error().message);
    later_.spawn("socket", keep_trying_socket());
    return {};
}

Task<> Service::keep_trying_socket() {
    const auto path = core_.config().ingest.socket; // it changes only with a restart
    for (;;) {
        co_await common::sleep_for(clock_, socket_interval);
        const auto bound = server_->listen_unix(path, 0660);
        core_.lacks_socket(bound ? "" : bound.error().message);
        if (bound) {
            log::info("listening", {{"socket", path}});
            co_return;
        }
    }
}

Task<> Service::run_until_stopped() {
    for (;;) {
        const int signal = co_await signals_.async_wait(asio::use_awaitable);
        if (signal != SIGHUP) {
            break;
        }
        core_.reload();
    }
    log::info("stopping");
    systemd_.send("STOPPING=1\nSTATUS=stopping");
    later_.cancel();
    co_await later_.join();
    auto requests = server_->stop(stop_grace);
    co_await core_.stop(stop_grace, std::move(requests));
}

} // namespace

int run_service(Config config) {
    return_freed_memory();
    log::set_level(config.log_level);
    std::signal(SIGPIPE, SIG_IGN);
    note_own_signals();
    ::umask(private_umask);
    return Service{std::move(config)}.run();
}

} // namespace agent
