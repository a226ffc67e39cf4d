#include "agent/findface/client.hpp"

#include "agent/findface/session.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

namespace agent::findface {

namespace {

using common::Fault;
using common::HttpReply;
using common::Result;
using common::Task;
using Terms = Session::Terms;

constexpr std::size_t max_pages = 1000;
const std::string webhooks_path = "/v1/webhooks/";
constexpr const char* wrong_address = "; server.url must be the address of FindFace Lite";

bool succeeded(const HttpReply& reply) {
    return reply.status >= 200 && reply.status < 300;
}

Result<void> has_server(const Terms& terms) {
    if (!terms.server.url) {
        return common::fail(Fault::config,
                            "server.url is not set: there is no FindFace Lite server to ask");
    }
    return {};
}

/// The path of one webhook. The server's ids are integers; nothing else may become part of a path.
Result<std::string> path_of(const std::string& id) {
    const bool digits = std::ranges::all_of(id, [](char c) { return c >= '0' && c <= '9'; });
    if (id.empty() || id.size() > 20 || !digits) {
        return common::fail(Fault::input, common::invalid("ID", common::shown(nlohmann::json(id)),
                                                          "a whole number"));
    }
    return webhooks_path + id + "/";
}

/// A list as far as it was read.
struct Reading {
    FetchedList list;
    std::set<std::string> keys;
    std::uint64_t pages = 0;
    std::size_t bytes = 0, values = 0;
    std::optional<PageSigns::Number> total, page_count; ///< the largest that any page named
};

void keep_larger(std::optional<PageSigns::Number>& kept, std::optional<PageSigns::Number>& here) {
    if (kept && (!here || here->value < kept->value)) {
        here = kept;
    }
    kept = here;
}

/// Appends a page to the reading. Returns the reference to the next page; empty on the last one.
Result<std::string> append_page(const HttpReply& reply, Reading& reading) {
    auto page = read_list(reply.body, reply.headers);
    if (!page) {
        return common::fail(page.error());
    }
    reading.bytes += reply.body.size();
    reading.values += page->values;
    const auto count = reading.list.definitions.size() + page->definitions.size();
    if (auto bounds = within_list_bounds(count, reading.bytes, reading.values); !bounds) {
        return common::fail(bounds.error());
    }
    for (auto& definition : page->definitions) {
        auto key = server_key(nlohmann::json::parse(definition));
        if (!key) {
            return common::fail(key.error());
        }
        if (!reading.keys.insert(*key).second) {
            return common::fail(Fault::unreachable,
                                "the list of webhooks contains the id " + *key + " twice");
        }
        reading.list.definitions.push_back({std::move(*key), std::move(definition)});
    }
    // One that shrinks from page to page was changed meanwhile: what moved up was on no page.
    keep_larger(reading.total, page->signs.total);
    keep_larger(reading.page_count, page->signs.pages);
    const PagesRead read{reading.list.definitions.size(), ++reading.pages,
                         page->definitions.size()};
    reading.list.doubt = doubt_of_end(page->signs, read);
    return next_page(page->signs, read);
}

/// A page's `next` may be a query, a path on the server, or relative to server.url. A server behind
/// a proxy does not know the path prefix under which it is reached, so that is added.
std::string with_prefix(const std::string& prefix, const std::string& next) {
    if (next.starts_with('?') || next.starts_with("//") || next.find("://") != std::string::npos) {
        return next;
    }
    const auto path = (next.starts_with('/') ? "" : "/") + next;
    return path.starts_with(prefix + "/") ? path : prefix + path;
}

// The reference parameters of the following coroutines live in the frame of the awaiting one.

Task<Result<FetchedList>> all_pages(Session& session, const Terms& terms) {
    Reading reading;
    std::set<std::string> seen;
    auto request = Session::request(terms, "GET", webhooks_path);
    const auto prefix =
        request.url.target.substr(0, request.url.target.size() - webhooks_path.size());
    for (;;) {
        const auto name = name_of(request);
        const auto url = request.url;
        if (!seen.insert(url.target).second) {
            co_return common::fail(
                Fault::unreachable,
                name + ": the list of webhooks does not end: this page was read before");
        }
        if (seen.size() > max_pages) {
            co_return common::fail(Fault::unreachable,
                                   name + ": the list of webhooks has more than 1000 pages");
        }
        const auto reply = co_await session.call(terms, request);
        if (!reply) {
            co_return common::fail(reply.error());
        }
        if (reply->status != 200) {
            auto error = session.refusal(terms, name, *reply);
            error.message += reply->status == 404 ? wrong_address : "";
            co_return common::fail(std::move(error));
        }
        const auto next = append_page(*reply, reading);
        if (!next) {
            co_return common::fail(name, next.error());
        }
        if (next->empty()) {
            co_return std::move(reading.list);
        }
        auto next_url = common::resolve(url, with_prefix(prefix, *next));
        if (!next_url) {
            co_return common::fail(name + ": the address of the next page", next_url.error());
        }
        if (next_url->origin() != url.origin()) {
            co_return common::fail(Fault::unreachable,
                                   name + ": the next page is at " + next_url->origin() +
                                       ", but the whole list must come from " + url.origin());
        }
        request.url.target = std::move(next_url->target);
    }
}

Result<std::string> definition_in(const HttpReply& reply, const std::string& name) {
    if (reply.body.empty()) {
        return "{}";
    }
    if (!nlohmann::json::parse(reply.body, nullptr, false).is_object()) {
        return common::fail(Fault::unreachable, name + " answered " + std::to_string(reply.status) +
                                                    " with a body that is not a JSON object");
    }
    return reply.body;
}

/// One call about one webhook: returns the JSON text of the reply, "{}" for an empty one.
Task<Result<std::string>> exchange(std::shared_ptr<Session> session, std::string method,
                                   Result<std::string> path, std::string body) {
    const auto terms = session->terms();
    if (auto server = has_server(terms); !server) {
        co_return common::fail(server.error());
    }
    if (!path) {
        co_return common::fail(path.error());
    }
    for (;;) {
        auto request = Session::request(terms, method, *path);
        if (!body.empty()) {
            request.headers.push_back({"Content-Type", "application/json"});
            request.body = body;
        }
        const auto name = name_of(request);
        const auto reply = co_await session->call(terms, request);
        if (!reply) {
            co_return common::fail(reply.error());
        }
        if (reply->status == 405 && method == "PATCH") {
            method = "PUT";
            continue;
        }
        if (succeeded(*reply)) {
            co_return definition_in(*reply, name);
        }
        auto error = session->refusal(terms, name, *reply);
        if (reply->status == 404 && method == "POST") {
            error.fault = Fault::unreachable;
            error.message += wrong_address;
        }
        co_return common::fail(std::move(error));
    }
}

Task<Result<FetchedList>> whole_list(std::shared_ptr<Session> session) {
    for (;;) {
        const auto terms = session->terms();
        if (auto server = has_server(terms); !server) {
            co_return common::fail(server.error());
        }
        auto list = co_await all_pages(*session, terms);
        if (!session->current(terms)) {
            continue; // this list came from another server or was made for another user
        }
        if (!list && list.error().fault == Fault::input) {
            list.error().fault = Fault::unreachable;
        }
        co_return list;
    }
}

/// Whether an answer of 200 holds the webhook itself: as an object, or inside of one or of a list.
bool holds(const nlohmann::json& answer, const std::string& key, int depth = 2) {
    const auto within = [&](const nlohmann::json& part) {
        return part.is_structured() && depth > 0 && holds(part, key, depth - 1);
    };
    if (answer.is_array()) {
        return std::ranges::any_of(answer, within);
    }
    if (!answer.is_object()) {
        return false;
    }
    if (const auto id = answer.find("id"); id != answer.end()) {
        return *id == key || id->dump() == key;
    }
    return std::ranges::any_of(std::array{"data", "result", "results", "item", "items", "webhook"},
                               [&](const char* name) {
                                   const auto part = answer.find(name);
                                   return part != answer.end() && within(*part);
                               });
}

Task<Result<Presence>> presence_of(std::shared_ptr<Session> session, std::string key) {
    const auto terms = session->terms();
    if (auto server = has_server(terms); !server) {
        co_return common::fail(server.error());
    }
    const auto path = path_of(key);
    if (!path) {
        co_return Presence::unsaid;
    }
    const auto request = Session::request(terms, "GET", *path);
    const auto name = name_of(request);
    const auto reply = co_await session->call(terms, request);
    if (!reply) {
        co_return common::fail(reply.error());
    }
    if (reply->status == 404 || reply->status == 410) {
        co_return Presence::gone;
    }
    if (reply->status == 405 || reply->status == 501) {
        co_return Presence::unsaid;
    }
    if (!succeeded(*reply)) {
        auto error = session->refusal(terms, name, *reply);
        error.fault = error.fault == Fault::input ? Fault::unreachable : error.fault;
        co_return common::fail(std::move(error));
    }
    const auto answer = common::parse_json(reply->body);
    co_return answer&& holds(*answer, key) ? Presence::there : Presence::unsaid;
}

Task<Result<std::vector<Definition>>> definitions_of(std::shared_ptr<Session> session) {
    auto list = co_await whole_list(std::move(session));
    if (!list) {
        co_return common::fail(std::move(list.error()));
    }
    co_return std::move(list->definitions);
}

Task<Result<void>> remove_webhook(std::shared_ptr<Session> session, std::string id) {
    const auto terms = session->terms();
    const auto path = path_of(id);
    if (!path) {
        co_return common::fail(path.error());
    }
    if (auto server = has_server(terms); !server) {
        co_return server;
    }
    auto request = Session::request(terms, "DELETE", *path);
    const auto name = name_of(request);
    const auto reply = co_await session->call(terms, request);
    if (!reply) {
        co_return common::fail(reply.error());
    }
    if (!succeeded(*reply)) {
        co_return common::fail(session->refusal(terms, name, *reply));
    }
    co_return Result<void>{};
}

} // namespace

Client::Client(common::Executor loop, common::Clock& clock, common::HttpClient& client,
               const Config& config, common::Chance chance)
    : session_{
          std::make_shared<Session>(std::move(loop), clock, client, config, std::move(chance))} {}

Client::~Client() = default;

void Client::retry_login_now() {
    session_->retry_login_now();
}

void Client::forget_login() {
    session_->forget_login();
}

Task<Result<void>> Client::log_in() {
    return Session::authorise(session_);
}

Task<Result<FetchedList>> Client::fetch_list() {
    return whole_list(session_);
}

Task<Result<std::vector<Definition>>> Client::list() {
    return definitions_of(session_);
}

Task<Result<Presence>> Client::presence(std::string key) {
    return presence_of(session_, std::move(key));
}

Task<Result<std::string>> Client::show(std::string id) {
    return exchange(session_, "GET", path_of(id), {});
}

Task<Result<std::string>> Client::create(std::string definition) {
    return exchange(session_, "POST", webhooks_path, std::move(definition));
}

Task<Result<std::string>> Client::update(std::string id, std::string definition) {
    return exchange(session_, "PATCH", path_of(id), std::move(definition));
}

Task<Result<void>> Client::remove(std::string id) {
    return remove_webhook(session_, std::move(id));
}

} // namespace agent::findface
