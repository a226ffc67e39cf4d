#include "test/support/simulator.hpp"

#include <algorithm>
#include <charconv>

namespace test {

using nlohmann::json;

namespace {

constexpr const char* list_path = "/v1/webhooks/";
constexpr const char* html_page = "<!DOCTYPE html>\n<html><head><title>Log "
                                  "in</title></head><body><form>Log in</form></body></html>\n";

Answer reply(unsigned status, std::string body, std::string type = "application/json") {
    Answer answer;
    answer.status = status;
    answer.headers = {{"Content-Type", std::move(type)}};
    answer.body = std::move(body);
    return answer;
}

Answer detail(unsigned status, const std::string& text) {
    return reply(status, json{{"detail", text}}.dump());
}

Answer not_allowed(const std::string& allowed) {
    auto answer = detail(405, "Method Not Allowed");
    answer.headers.push_back({"Allow", allowed});
    return answer;
}

std::optional<std::size_t> number(std::string_view text) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional{value}
                                                                    : std::nullopt;
}

std::map<std::int64_t, json> numbered(const SimulatorOptions& options) {
    std::map<std::int64_t, json> webhooks;
    for (auto definition : options.webhooks) {
        const auto id = options.first_id + static_cast<std::int64_t>(webhooks.size());
        definition["id"] = id;
        webhooks[id] = std::move(definition);
    }
    return webhooks;
}

} // namespace

std::string fault_in(const json& definition, bool whole) {
    if (!definition.is_object()) {
        return "a webhook must be a JSON object";
    }
    for (const char* field : {"name", "target"}) {
        if (whole && !definition.contains(field)) {
            return std::string{field} + ": field required";
        }
        if (definition.contains(field) && !definition[field].is_string()) {
            return std::string{field} + ": must be a string";
        }
    }
    if (const auto target = definition.value("target", std::string{"http://unchanged/"});
        !target.starts_with("http://") && !target.starts_with("https://")) {
        return "target: must be an http or https URL";
    }
    if (definition.contains("active") && !definition["active"].is_boolean()) {
        return "active: must be a boolean";
    }
    if (definition.contains("filters") && !definition["filters"].is_object()) {
        return "filters: must be an object";
    }
    if (definition.contains("send_attempts") && !definition["send_attempts"].is_number_unsigned()) {
        return "send_attempts: must be an integer, 0 or more";
    }
    return {};
}

Simulator::Simulator() : Simulator{SimulatorOptions{}} {}

Simulator::Simulator(SimulatorOptions options)
    : options_{std::move(options)}, mint_{options_.token, options_.token_life},
      webhooks_{numbered(options_)}, next_id_{options_.first_id +
                                              static_cast<std::int64_t>(webhooks_.size())},
      server_{[this](const Seen& seen) { return answer(seen); }, options_.port, options_.files} {}

std::int64_t Simulator::add(json definition) {
    const std::lock_guard lock{mutex_};
    definition["id"] = next_id_;
    webhooks_[next_id_] = std::move(definition);
    return next_id_++;
}

void Simulator::change(std::int64_t id, json definition) {
    const std::lock_guard lock{mutex_};
    definition["id"] = id;
    webhooks_[id] = std::move(definition);
}

void Simulator::remove(std::int64_t id) {
    const std::lock_guard lock{mutex_};
    webhooks_.erase(id);
}

std::map<std::int64_t, json> Simulator::webhooks() const {
    const std::lock_guard lock{mutex_};
    return webhooks_;
}

void Simulator::fail(On on, Fault fault) {
    const std::lock_guard lock{mutex_};
    faults_[on] = fault;
}

void Simulator::answer_lists_with(std::optional<std::string> body) {
    const std::lock_guard lock{mutex_};
    list_body_ = std::move(body);
}

void Simulator::reshape(SimulatorOptions::Shape shape, std::size_t page_size,
                        SimulatorOptions::Next next, std::string next_key) {
    const std::lock_guard lock{mutex_};
    options_.shape = shape;
    options_.page_size = page_size;
    options_.next = next;
    options_.next_key = std::move(next_key);
}

void Simulator::revoke_tokens() {
    const std::lock_guard lock{mutex_};
    mint_.revoke();
}

void Simulator::advance(std::chrono::seconds span) {
    const std::lock_guard lock{mutex_};
    mint_.advance(span);
}

std::size_t Simulator::logins() const {
    const std::lock_guard lock{mutex_};
    return logins_;
}

std::size_t Simulator::lists() const {
    const std::lock_guard lock{mutex_};
    return lists_;
}

std::size_t Simulator::refused() const {
    const std::lock_guard lock{mutex_};
    return refused_;
}

Answer Simulator::answer(const Seen& seen) {
    const std::lock_guard lock{mutex_};
    if (!seen.target.starts_with(options_.prefix)) {
        return detail(404, "Not Found");
    }
    const auto target = seen.target.substr(options_.prefix.size());
    const auto query_at = std::min(target.find('?'), target.size());
    const auto path = target.substr(0, query_at);
    const bool login = path == "/v1/auth/login";
    if (!login && !path.starts_with(list_path)) {
        return detail(404, "Not Found"); // also if a slash is missing or superfluous
    }
    logins_ += login ? 1 : 0;
    lists_ += path == list_path && seen.method == "GET" ? 1 : 0;
    const auto fault = faults_[login ? On::login : On::webhooks];
    switch (fault) {
    case Fault::error_500:
        return reply(500, "Internal Server Error", "text/plain");
    case Fault::html:
        return reply(200, html_page, "text/html");
    case Fault::unauthorized:
        return detail(401, "Unauthorized");
    case Fault::forbidden:
        return detail(403, "Not enough permissions");
    default:
        break;
    }
    Answer normal;
    if (login) {
        normal = log_in(seen);
    } else if (!mint_.accepts(seen.header("Authorization"))) {
        ++refused_;
        normal = detail(401, "Could not validate credentials");
    } else if (path != list_path) {
        normal = one(seen, path.substr(std::string_view{list_path}.size()));
    } else if (seen.method == "GET") {
        normal = list(seen, std::string_view{target}.substr(std::min(query_at + 1, target.size())));
    } else {
        normal = seen.method == "POST" ? create(seen) : not_allowed("GET, POST");
    }
    switch (fault) {
    case Fault::cut:
        normal.fault = Answer::Fault::cut;
        break;
    case Fault::hang:
        normal.fault = Answer::Fault::hang;
        break;
    case Fault::reset:
        normal.fault = Answer::Fault::reset;
        break;
    case Fault::trickle:
        normal.fault = Answer::Fault::trickle;
        break;
    default:
        break;
    }
    return normal;
}

Answer Simulator::log_in(const Seen& seen) {
    if (seen.method != "POST") {
        return not_allowed("POST");
    }
    const auto body = json::parse(seen.body, nullptr, false);
    if (!body.is_object() || !body.contains("username") || !body.contains("password")) {
        return detail(422, "username and password are required");
    }
    if (body["username"] != options_.user || body["password"] != options_.password) {
        return detail(401, "Incorrect username or password");
    }
    return reply(200, json{{"access_token", mint_.issue(options_.user)}}.dump());
}

Answer Simulator::list(const Seen& seen, std::string_view query) {
    using Shape = SimulatorOptions::Shape;
    using Next = SimulatorOptions::Next;
    if (list_body_) {
        return reply(200, *list_body_);
    }
    const bool paged = options_.page_size > 0 && options_.shape != Shape::bare;
    const auto page =
        query.starts_with("page=") ? number(query.substr(5)) : std::optional<std::size_t>{1};
    if (!page || *page == 0 || (!paged && *page > 1)) {
        return detail(404, "Invalid page.");
    }
    const auto size = paged ? options_.page_size : webhooks_.size();
    json items = json::array();
    std::size_t index = 0;
    for (const auto& [id, webhook] : webhooks_) {
        if (index >= (*page - 1) * size && index < *page * size) {
            items.push_back(webhook);
        }
        ++index;
    }
    if (options_.shape == Shape::bare) {
        return reply(200, items.dump());
    }
    const char* key = options_.shape == Shape::results ? "results"
                      : options_.shape == Shape::items ? "items"
                                                       : "data";
    json whole{{key, std::move(items)}, {options_.next_key, nullptr}};
    if (paged && webhooks_.size() > *page * size) {
        const auto next_query = "?page=" + std::to_string(*page + 1);
        const auto next_path = options_.prefix + list_path + next_query;
        const auto scheme = options_.files.cert_file.empty() ? "http://" : "https://";
        switch (options_.next) {
        case Next::absolute:
            whole[options_.next_key] = scheme + seen.header("Host") + next_path;
            break;
        case Next::path:
            whole[options_.next_key] = next_path;
            break;
        case Next::query:
            whole[options_.next_key] = next_query;
            break;
        case Next::foreign:
            whole[options_.next_key] = "http://elsewhere.invalid" + next_path;
            break;
        }
    }
    return reply(200, whole.dump());
}

Answer Simulator::create(const Seen& seen) {
    auto definition = json::parse(seen.body, nullptr, false);
    if (const auto fault = fault_in(definition, true); !fault.empty()) {
        return detail(400, fault);
    }
    definition["id"] = next_id_;
    webhooks_[next_id_++] = definition;
    return reply(201, definition.dump());
}

Answer Simulator::one(const Seen& seen, const std::string& rest) {
    const auto id = rest.ends_with('/') ? number(std::string_view{rest}.substr(0, rest.size() - 1))
                                        : std::nullopt;
    const auto found = id ? webhooks_.find(static_cast<std::int64_t>(*id)) : webhooks_.end();
    if (found == webhooks_.end()) {
        return detail(404, "Not found.");
    }
    if (seen.method == "GET") {
        return reply(200, found->second.dump());
    }
    if (seen.method == "DELETE") {
        webhooks_.erase(found);
        return reply(204, "");
    }
    const bool patch = seen.method == "PATCH" && options_.patch;
    if (!patch && seen.method != "PUT") {
        return not_allowed(options_.patch ? "GET, PUT, PATCH, DELETE" : "GET, PUT, DELETE");
    }
    auto definition = json::parse(seen.body, nullptr, false);
    if (const auto fault = fault_in(definition, !patch); !fault.empty()) {
        return detail(400, fault);
    }
    if (patch) {
        for (const auto& [key, value] : found->second.items()) {
            definition.emplace(key, value);
        }
    }
    definition["id"] = found->first;
    found->second = definition;
    return reply(200, definition.dump());
}

} // namespace test
