#include "agent/cli/check_server.hpp"

#include "agent/cli/agent_client.hpp"
#include "agent/cli/blocking.hpp"
#include "agent/cli/peer_judgement.hpp"
#include "agent/findface/client.hpp"

namespace agent {

namespace {

using common::Fault;
using common::Result;
using common::Task;
using findface::FetchedList;

Peer peer_of(const Config& config) {
    const auto& url = *config.server.url;
    return {"server " + url.shown(), url, "[server] url", "[server] ca_file",
            config.server.ca_file,   ""};
}

/// Whether there is a connection over which to log in.
bool report_probe(Report& report, const Peer& peer, const common::ProbeResult& result,
                  const ClockReading& clock) {
    if (!result.addresses.empty() && !common::parse_address(peer.url.host)) {
        report.ok(peer.what + ": " + peer.url.host + " resolves to " +
                  show_addresses(result.addresses));
    }
    if (result.address) {
        report.ok(peer.what + ": " + common::show_address(*result.address) +
                  " takes connections on port " + std::to_string(peer.url.port) + ", after " +
                  std::to_string(result.connecting.count()) + " ms");
    }
    // Files were told of before, and are perhaps only this user's trouble.
    if (result.failed == common::ProbeResult::Step::files) {
        report.denied(peer.what + ": " + result.error.message, "see above", exit_code::bad_config);
        return false;
    }
    report.add(judge_failure(peer, result, clock));
    if (result.failed != common::ProbeResult::Step::none) {
        return false;
    }
    if (result.certificate) {
        report.add(judge_days_left(peer, result.certificate->valid.until, clock.now));
    }
    return true;
}

std::string login_advice(const Config& config, const common::Error& error) {
    return error.fault == Fault::refused
               ? "correct [server] username = " + config.server.username +
                     ", or the first line of " + config.server.password_file
               : "see what the log of the server says, and that [server] url is the address of "
                 "FindFace Lite itself";
}

std::string list_advice(const Config& config, const common::Error& error) {
    return error.fault == Fault::refused
               ? "let the user " + config.server.username + " read the webhooks on the server"
               : "see what the log of the server says; until the list can be read, the agent "
                 "serves the last good one";
}

Task<Result<FetchedList>> ask(Report& report, const Peer& peer, const Config& config,
                              common::Probe& probe, findface::Client& server,
                              common::Clock& clock) {
    common::ProbeTerms terms;
    terms.url = peer.url;
    terms.tls.ca_file = config.server.ca_file;
    terms.timeout = config.server.request_timeout;
    const auto result = co_await probe.run(std::move(terms));
    if (!report_probe(report, peer, result, {clock.wall(), clock.synchronized()})) {
        co_return common::fail(result.error);
    }
    const auto code_of = [](const common::Error& error) {
        return error.fault == Fault::config ? exit_code::bad_config : exit_code::check_failed;
    };
    if (config.server.password.empty()) { // a login without it would count as a wrong one
        report.denied(peer.what + ": the login, as the password cannot be read", "see above");
        co_return common::fail(Fault::refused, "no password");
    }
    const auto login = co_await server.log_in();
    if (!login) {
        report.fail(peer.what + ": the login failed: " + login.error().message,
                    login_advice(config, login.error()), code_of(login.error()));
        co_return common::fail(login.error());
    }
    report.ok(peer.what + ": the login of " + config.server.username + " is accepted");
    auto list = co_await server.fetch_list();
    if (!list) {
        report.fail(peer.what + ": the list of webhooks cannot be read: " + list.error().message,
                    list_advice(config, list.error()), code_of(list.error()));
        co_return list;
    }
    report.ok(peer.what + ": the list has " + std::to_string(list->definitions.size()) +
              (list->definitions.size() == 1 ? " webhook" : " webhooks"));
    if (!list->doubt.empty()) {
        report.warn(peer.what + ": the list may go on: " + list->doubt,
                    "see what the log of the server says; the agent takes no webhook for removed "
                    "by such a list");
    }
    co_return list;
}

} // namespace

std::optional<std::vector<Definition>> check_server(Report& report, const Config& config) {
    common::asio::io_context loop{1};
    common::SystemClock clock{loop.get_executor()};
    common::Probe probe{loop.get_executor(), {}};
    common::PooledClient client{loop.get_executor(), command_client()};
    findface::Client server{loop.get_executor(), clock, client, config};
    const auto peer = peer_of(config);
    auto list = run_task(loop, ask(report, peer, config, probe, server, clock));
    return list ? std::optional{std::move(list->definitions)} : std::nullopt;
}

} // namespace agent
