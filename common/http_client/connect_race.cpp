#include "common/http_client/connect_race.hpp"

#include "common/http_client/shortage.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/system/system_error.hpp>
#include <vector>

namespace common {

namespace {

using ErrorCode = ClientConnection::ErrorCode;

constexpr std::size_t open_at_once = 8;
constexpr std::size_t names_known = 256;

bool is_v4(const AddressBytes& address) {
    return asio::ip::address_v6{address}.is_v4_mapped();
}

/// One address and what became of it.
struct Trial {
    AddressBytes address{};
    std::shared_ptr<ClientConnection> connection;
    std::optional<ErrorCode> result;
    bool silent = false; ///< closed by us: its time was up, or to make room
};

/// Shared by connect_first() and its trials, which may end after it.
struct Race {
    explicit Race(const Executor& executor) : news{executor} {}

    [[nodiscard]] std::size_t under_way() const {
        return static_cast<std::size_t>(
            std::ranges::count_if(trials, [](const Trial& one) { return !one.result; }));
    }
    [[nodiscard]] const Trial* winner() const {
        const auto won = std::ranges::find_if(trials, [](const Trial& one) {
            return one.result && !*one.result && !one.silent && !one.connection->expired();
        });
        return won == trials.end() ? nullptr : &*won;
    }
    void make_room();

    std::deque<Trial> trials; ///< a deque: references stay good
    asio::steady_timer news;  ///< cancelled when a trial ends
    bool failed = false;      ///< a trial has, since connect_first() last looked
};

void Race::make_room() {
    if (under_way() < open_at_once) {
        return;
    }
    const auto oldest =
        std::ranges::find_if(trials, [](const Trial& one) { return !one.result && !one.silent; });
    if (oldest != trials.end()) {
        oldest->silent = true;
        oldest->connection->close();
    }
}

Task<> run_trial(std::shared_ptr<Race> race, Trial& trial, std::uint16_t port) {
    const auto failed = co_await trial.connection->connect(trial.address, port);
    trial.result = failed;
    trial.silent = trial.silent || trial.connection->expired();
    race->failed = race->failed || (failed && !trial.silent);
    race->news.cancel();
}

/// Closes the connections of all trials but the winner, so that they end.
struct CloseOthers {
    std::shared_ptr<Race> race;
    ~CloseOthers() {
        const auto* const winner = race->winner();
        for (auto& trial : race->trials) {
            if (&trial != winner) {
                trial.connection->close();
            }
        }
    }
};

std::string end_of(const Trial& trial) {
    return !trial.result || trial.silent ? "no answer" : reason_of(*trial.result);
}

/// "connect: connection refused (10.0.0.7, 10.0.0.8); no answer (2001:db8::1)".
std::string failure(const Race& race, const ConnectTerms& terms, bool in_time) {
    std::vector<std::pair<std::string, std::string>> reasons; // with the addresses of each
    for (const auto& trial : race.trials) {
        const auto reason = end_of(trial);
        auto same = std::ranges::find(reasons, reason, &std::pair<std::string, std::string>::first);
        if (same == reasons.end()) {
            same = reasons.insert(same, {reason, {}});
        }
        same->second.append(same->second.empty() ? "" : ", ").append(show_address(trial.address));
    }
    std::string text = in_time ? "connect: " : terms.timed_out;
    bool first = in_time;
    for (const auto& [reason, addresses] : reasons) {
        if (!terms.name_them && !in_time) {
            continue;
        }
        text.append(first ? "" : "; ").append(reason);
        text.append(terms.name_them ? " (" + addresses + ")" : "");
        first = false;
    }
    if (!terms.forbidden.empty()) {
        text += "; another address of the name: " + terms.forbidden;
    }
    return text;
}

Error failure_of(const Race& race, const ConnectTerms& terms, bool in_time) {
    const bool own = std::ranges::any_of(race.trials, [](const Trial& one) {
        return one.result && !one.silent && fault_of(*one.result) == Fault::own;
    });
    return {own ? Fault::own : Fault::unreachable, failure(race, terms, in_time),
            in_time ? Cause::connection : Cause::timeout};
}

} // namespace

Addresses trial_order(const Addresses& addresses, const std::optional<AddressBytes>& preferred) {
    Addresses order;
    const auto add = [&order](const AddressBytes& address) {
        if (std::ranges::find(order, address) == order.end()) {
            order.push_back(address);
        }
    };
    if (preferred && std::ranges::find(addresses, *preferred) != addresses.end()) {
        add(*preferred);
    }
    Addresses families[2];
    for (const auto& address : addresses) {
        families[is_v4(address) == is_v4(addresses.front()) ? 0 : 1].push_back(address);
    }
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        for (const auto& family : families) {
            if (i < family.size()) {
                add(family[i]);
            }
        }
    }
    return order;
}

ConnectTerms connect_terms(const Url& url, Millis timeout, Instant deadline,
                           std::string forbidden) {
    ConnectTerms terms;
    terms.port = url.port;
    terms.deadline = deadline;
    terms.timed_out = timed_out(timeout, "connecting");
    terms.name_them = !parse_address(url.host);
    terms.forbidden = std::move(forbidden);
    return terms;
}

Task<Result<Connected>> connect_first(Addresses addresses, ConnectTerms terms) {
    const auto executor = co_await asio::this_coro::executor;
    const auto race = std::make_shared<Race>(executor);
    const CloseOthers at_the_end{race};
    std::size_t next = 0;
    auto next_at = std::chrono::steady_clock::now();
    for (;;) {
        const auto now = std::chrono::steady_clock::now();
        if (const auto* const winner = race->winner()) {
            co_return Connected{winner->connection, winner->address};
        }
        if (std::exchange(race->failed, false)) {
            next_at = now;
        }
        if (now >= terms.deadline) {
            co_return fail(failure_of(*race, terms, false));
        }
        if (next < addresses.size() && now >= next_at) {
            race->make_room();
            auto& trial = race->trials.emplace_back();
            trial.address = addresses[next++];
            trial.connection = std::make_shared<ClientConnection>(executor);
            trial.connection->set_deadline(terms.deadline);
            asio::co_spawn(executor, run_trial(race, trial, terms.port), asio::detached);
            next_at = now + terms.next_after;
            continue;
        }
        if (next == addresses.size() && race->under_way() == 0) {
            co_return fail(failure_of(*race, terms, true));
        }
        race->news.expires_at(next < addresses.size() ? std::min(next_at, terms.deadline)
                                                      : terms.deadline);
        co_await race->news.async_wait(asio::as_tuple(asio::use_awaitable));
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) {
            throw boost::system::system_error{asio::error::operation_aborted};
        }
    }
}

std::optional<AddressBytes> PreferredAddresses::of(const std::string& name) const {
    const auto found = known_.find(name);
    return found == known_.end() ? std::nullopt : std::optional{found->second};
}

void PreferredAddresses::set(const std::string& name, const AddressBytes& address) {
    if (const auto found = known_.find(name); found != known_.end()) {
        found->second = address;
        return;
    }
    if (known_.size() >= names_known) {
        known_.erase(oldest_first_.front());
        oldest_first_.pop_front();
    }
    known_.emplace(name, address);
    oldest_first_.push_back(name);
}

void PreferredAddresses::forget() {
    known_.clear();
    oldest_first_.clear();
}

} // namespace common
