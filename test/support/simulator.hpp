// Simulator: a FindFace Lite server as far as webhooks go, built from the manual's page and from
// what its sister products do where the page is silent: login, JWTs that expire, webhook CRUD,
// lists in every known shape, faults on demand. Any thread; nothing outlives it.
#pragma once

#include "test/support/scripted_server.hpp"
#include "test/support/token_mint.hpp"

#include <chrono>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace test {

struct SimulatorOptions {
    enum class Shape { bare, results, items, data };
    enum class Next {
        absolute,
        path,
        query,
        foreign
    }; ///< "http://host/…?page=2", "/…?page=2", "?page=2", another origin

    std::uint16_t port = 0;
    ServerFiles files = {};
    std::string prefix; ///< before /v1, like "/findface"
    std::string user = "device";
    std::string password = "secret";
    TokenMint::Kind token = TokenMint::Kind::jwt;
    std::chrono::seconds token_life{3600};
    Shape shape = Shape::results;
    std::size_t page_size =
        0; ///< 0: one page. A bare array has no next page: then the whole list is in it.
    Next next = Next::absolute;
    std::string next_key = "next_page";
    bool patch = true; ///< false: PATCH is answered 405
    std::int64_t first_id = 1;
    std::vector<nlohmann::json> webhooks = {}; ///< there before the first call, unchecked
};

class Simulator {
  public:
    enum class Fault { none, error_500, html, cut, hang, reset, unauthorized, forbidden, trickle };
    enum class On { login, webhooks };

    explicit Simulator(SimulatorOptions options = {});

    /// The base URL with the prefix: what server.url is.
    [[nodiscard]] std::string url() const { return server_.url(options_.prefix); }
    [[nodiscard]] ScriptedServer& server() { return server_; }

    /// As POST would, without a check. Gives its id.
    std::int64_t add(nlohmann::json definition);
    void change(std::int64_t id, nlohmann::json definition);
    void remove(std::int64_t id);
    [[nodiscard]] std::map<std::int64_t, nlohmann::json> webhooks() const;

    /// Until told otherwise calls of that kind end so.
    void fail(On on, Fault fault);
    /// A list answers with this body; nullopt: with the list again.
    void answer_lists_with(std::optional<std::string> body);
    void reshape(SimulatorOptions::Shape shape, std::size_t page_size, SimulatorOptions::Next next,
                 std::string next_key = "next_page");
    /// Every token given so far is refused from now on (as after a restart of the server).
    void revoke_tokens();
    /// Its clock goes on by so much: tokens expire.
    void advance(std::chrono::seconds span);

    [[nodiscard]] std::size_t logins() const;  ///< asked for, granted or not
    [[nodiscard]] std::size_t lists() const;   ///< pages of lists asked for, answered or not
    [[nodiscard]] std::size_t refused() const; ///< calls answered 401 for their token

  private:
    Answer answer(const Seen& seen);
    Answer log_in(const Seen& seen);
    Answer list(const Seen& seen, std::string_view query);
    Answer one(const Seen& seen,
               const std::string& rest); ///< `rest`: the path behind the list's, "7/"
    Answer create(const Seen& seen);

    mutable std::mutex mutex_; ///< for all that follows but server_
    SimulatorOptions options_;
    TokenMint mint_;
    std::map<std::int64_t, nlohmann::json> webhooks_;
    std::int64_t next_id_;
    std::map<On, Fault> faults_;
    std::optional<std::string> list_body_;
    std::size_t logins_ = 0, lists_ = 0, refused_ = 0;
    ScriptedServer server_; ///< last: its threads use everything above
};

/// What a server says against a definition; empty: nothing. `whole` is false for PATCH, which may
/// leave fields out.
std::string fault_in(const nlohmann::json& definition, bool whole);

} // namespace test
