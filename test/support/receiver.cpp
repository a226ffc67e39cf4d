#include "test/support/receiver.hpp"

#include "common/base/crypto.hpp"

#include <charconv>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

namespace test {

using nlohmann::json;

namespace {

unsigned number(const std::string& text) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? value : 0;
}

std::string text_of(const json& event, const char* key) {
    const auto found = event.find(key);
    if (found == event.end() || found->is_null()) {
        return {};
    }
    return found->is_string() ? found->get<std::string>() : found->dump();
}

bool signature_holds(const Seen& seen, const std::string& key) {
    const auto mac = common::hmac_sha256(
        key, seen.header("webhook-id") + "." + seen.header("webhook-timestamp") + "." + seen.body);
    const auto wanted =
        "v1," + common::base64({reinterpret_cast<const char*>(mac.data()), mac.size()});
    std::istringstream all{seen.header("webhook-signature")};
    for (std::string one; all >> one;) {
        if (one == wanted) {
            return true;
        }
    }
    return false;
}

Callback read_callback(const Seen& seen, const std::string& key) {
    Callback callback;
    callback.path = seen.target.substr(0, seen.target.find('?'));
    callback.webhook_id = seen.header("webhook-id");
    callback.attempt = number(seen.header("ffl-attempt"));
    callback.body = seen.body;
    callback.at = seen.at;
    if (!key.empty()) {
        callback.signed_well = signature_holds(seen, key);
    }
    auto event = json::parse(seen.body, nullptr, false);
    if (event.is_array() && event.size() == 1) {
        event = json(event.front());
    }
    if (event.is_object()) {
        callback.event_id = text_of(event, "id");
        callback.type = text_of(event, event.contains("type") ? "type" : "object_type");
    }
    return callback;
}

} // namespace

std::string signing_key(const std::string& secret) {
    constexpr std::string_view prefix = "whsec_";
    const auto key = secret.starts_with(prefix)
                         ? common::from_base64(std::string_view{secret}.substr(prefix.size()))
                         : std::nullopt;
    if (!key || key->empty()) {
        throw std::invalid_argument{"invalid signing secret: expected whsec_ followed by base64"};
    }
    return *key;
}

Receiver::Receiver(ReceiverOptions options)
    : options_{std::move(options)}, key_{options_.secret.empty() ? std::string{}
                                                                 : signing_key(options_.secret)},
      server_{[this](const Seen& seen) { return record(seen); }, options_.port, options_.files} {}

void Receiver::answer(unsigned status) {
    const std::lock_guard lock{mutex_};
    options_.status = status;
}

void Receiver::answer_at(const std::string& path, unsigned status) {
    const std::lock_guard lock{mutex_};
    statuses_[path] = status;
}

void Receiver::fail_first(std::size_t count) {
    const std::lock_guard lock{mutex_};
    options_.fail_first = count;
}

void Receiver::fault_at(const std::string& path, Answer::Fault fault) {
    const std::lock_guard lock{mutex_};
    faults_[path] = fault;
}

void Receiver::set_script(Script script) {
    const std::lock_guard lock{mutex_};
    script_ = std::move(script);
}

Answer Receiver::decide(const Callback& callback) {
    if (script_) {
        return script_(callback);
    }
    Answer answer;
    if (options_.fail_first > 0) {
        --options_.fail_first;
        answer.status = 503;
        return answer;
    }
    const auto status = statuses_.find(callback.path);
    answer.status = status == statuses_.end() ? options_.status : status->second;
    const auto fault = faults_.find(callback.path);
    answer.fault = fault == faults_.end() ? Answer::Fault::none : fault->second;
    return answer;
}

Answer Receiver::record(const Seen& seen) {
    auto callback = read_callback(seen, key_);
    const std::lock_guard lock{mutex_};
    auto answer = decide(callback);
    const bool whole =
        answer.fault == Answer::Fault::none || answer.fault == Answer::Fault::trickle;
    callback.answered = whole ? answer.status : 0;
    if (options_.listener) {
        options_.listener(callback);
    }
    if (options_.keep) {
        callbacks_.push_back(std::move(callback));
    }
    arrived_.notify_all();
    return answer;
}

std::vector<Callback> Receiver::callbacks() const {
    const std::lock_guard lock{mutex_};
    return callbacks_;
}

std::set<std::string> Receiver::received(const std::string& path) const {
    const std::lock_guard lock{mutex_};
    std::set<std::string> ids;
    for (const auto& one : callbacks_) {
        if (one.answered >= 200 && one.answered < 300 && (path.empty() || one.path == path)) {
            ids.insert(one.event_id);
        }
    }
    return ids;
}

bool Receiver::wait_until(const std::function<bool(const std::vector<Callback>&)>& enough,
                          std::chrono::milliseconds limit) const {
    std::unique_lock lock{mutex_};
    return arrived_.wait_for(lock, limit, [&] { return enough(callbacks_); });
}

bool Receiver::wait_for(std::size_t count, std::chrono::milliseconds limit) const {
    return wait_until([count](const auto& all) { return all.size() >= count; }, limit);
}

} // namespace test
