// Simulator: the parts of a FindFace Lite server that concern webhooks, built after the manual's
// page and, where that says nothing, after its sister products: login, JWTs that expire, webhook
// CRUD, lists in every known shape, and faults on demand. Any thread; nothing outlives it.
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
    /// "http://host/…?page=2", "/…?page=2", "?page=2", or at another origin.
    enum class Next { absolute, path, query, foreign };

    std::uint16_t port = 0;
    ServerFiles files = {};
    std::string prefix; ///< before /v1, like "/findface"
    std::string user = "device";
    std::string password = "secret";
    TokenMint::Kind token = TokenMint::Kind::jwt;
    std::chrono::seconds token_life{3600};
    Shape shape = Shape::results;
    std::size_t page_size = 0; ///< 0: one page; ignored for bare arrays, which have no next page
    Next next = Next::absolute;
    std::string next_key = "next_page";
    bool patch = true; ///< false: PATCH is answered with 405
    std::int64_t first_id = 1;
    std::vector<nlohmann::json> webhooks = {}; ///< the initial webhooks, unchecked
};

class Simulator {
  public:
    enum class Fault { none, error_500, html, cut, hang, reset, unauthorized, forbidden, trickle };
    enum class On { login, webhooks };

    /// With the default options, made out of line: inlined, g++ 12 takes them for uninitialised.
    Simulator();
    explicit Simulator(SimulatorOptions options);

    /// The base URL with the prefix, for server.url.
    [[nodiscard]] std::string url() const { return server_.url(options_.prefix); }
    [[nodiscard]] ScriptedServer& server() { return server_; }

    /// Adds a webhook as POST does, but unchecked. Returns its id.
    std::int64_t add(nlohmann::json definition);
    void change(std::int64_t id, nlohmann::json definition);
    void remove(std::int64_t id);
    [[nodiscard]] std::map<std::int64_t, nlohmann::json> webhooks() const;

    /// Calls of that kind fail this way until the next fail().
    void fail(On on, Fault fault);
    /// Lists have this body; nullopt: the list itself again.
    void answer_lists_with(std::optional<std::string> body);
    void reshape(SimulatorOptions::Shape shape, std::size_t page_size, SimulatorOptions::Next next,
                 std::string next_key = "next_page");
    /// Refuses every token issued so far, as a restarted server would.
    void revoke_tokens();
    /// Moves its clock forward, so that tokens expire.
    void advance(std::chrono::seconds span);

    [[nodiscard]] std::size_t logins() const;  ///< requested logins, granted or not
    [[nodiscard]] std::size_t lists() const;   ///< requested pages of lists, answered or not
    [[nodiscard]] std::size_t refused() const; ///< calls answered with 401 because of their token

  private:
    Answer answer(const Seen& seen);
    Answer log_in(const Seen& seen);
    Answer list(const Seen& seen, std::string_view query);
    /// `rest` is what follows the path of the list: "7/".
    Answer one(const Seen& seen, const std::string& rest);
    Answer create(const Seen& seen);

    mutable std::mutex mutex_; ///< guards everything below except server_
    SimulatorOptions options_;
    TokenMint mint_;
    std::map<std::int64_t, nlohmann::json> webhooks_;
    std::int64_t next_id_;
    std::map<On, Fault> faults_;
    std::optional<std::string> list_body_;
    std::size_t logins_ = 0, lists_ = 0, refused_ = 0;
    ScriptedServer server_; ///< last: its threads use everything above
};

/// Why a server refuses a definition; empty if it accepts it. `whole` is false for PATCH, which may
/// leave fields out.
std::string fault_in(const nlohmann::json& definition, bool whole);

} // namespace test
