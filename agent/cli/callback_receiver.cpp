#include "agent/cli/callback_receiver.hpp"

#include "agent/events/event.hpp"
#include "agent/events/event_splitter.hpp"
#include "common/base/printable.hpp"
#include "common/net/problem.hpp"

#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

constexpr std::size_t memory = std::size_t{64} << 20;

std::string header(const common::Incoming& request, std::string_view name) {
    return std::string{common::find_header(request.headers, name).value_or("")};
}

std::string_view text_of(SignatureVerdict verdict) {
    switch (verdict) {
    case SignatureVerdict::good:
        return "signature ok";
    case SignatureVerdict::missing:
        return "NOT SIGNED";
    case SignatureVerdict::wrong:
        return "SIGNATURE WRONG";
    case SignatureVerdict::outdated:
        return "SIGNATURE OUTDATED: webhook-timestamp is more than five minutes away from now";
    }
    return "";
}

} // namespace

CallbackReceiver::CallbackReceiver(common::Executor executor, Options options,
                                   std::function<void(const Callback&)> show)
    : options_{std::move(options)}, show_{std::move(show)}, memory_{memory, 0},
      server_{std::move(executor), common::http_server::Options{}, memory_,
              [this](const common::Incoming&) -> common::http_server::Handler {
                  return [this](common::Incoming request) {
                      return answer(*this, std::move(request));
                  };
              }} {}

common::Result<std::uint16_t> CallbackReceiver::listen(std::uint16_t port) {
    auto listening = server_.listen("127.0.0.1:" + std::to_string(port), "", "");
    if (!listening) {
        listening.error().fault =
            common::Fault::storage; // nobody was called, and none is out of reach
    }
    return listening;
}

common::Task<common::HttpReply> CallbackReceiver::answer(CallbackReceiver& self,
                                                         common::Incoming request) {
    if (request.method != "POST") {
        co_return common::problem(405, "callbacks come with POST", {{"Allow", "POST"}});
    }
    Callback callback;
    callback.path = request.path;
    callback.webhook_id = header(request, "webhook-id");
    callback.attempt = header(request, "ffl-attempt");
    callback.test = header(request, "ffl-test") == "1";
    callback.body = std::move(request.body);
    if (!self.options_.keys.empty()) {
        const auto timestamp = header(request, "webhook-timestamp");
        const std::int64_t now = std::time(nullptr);
        callback.signature =
            judge_signature(self.options_.keys, {callback.webhook_id, timestamp, callback.body},
                            header(request, "webhook-signature"), now);
    }
    self.show_(callback);
    common::HttpReply reply;
    reply.status = self.options_.status;
    co_return reply;
}

std::string show_event(const std::string& body) {
    const auto events = split_events(body, BodyFormat::json);
    const auto event = read_event(events && events->size() == 1 ? events->front() : "");
    if (!event) {
        return common::printable(body.substr(0, 60));
    }
    std::string text = event->type.value_or("event");
    const auto add = [&](std::string_view name, const std::optional<std::string>& value) {
        if (value) {
            text.append(", ").append(name).append(" ").append(*value);
        }
    };
    const auto id = [](const std::optional<Id>& value) {
        return value ? std::optional{value->text()} : std::nullopt;
    };
    add("camera", id(event->camera));
    add("card", id(event->card));
    add("confidence", event->confidence ? std::optional{nlohmann::json(*event->confidence).dump()}
                                        : std::nullopt);
    add("plate", event->plate);
    return common::printable(text);
}

std::string show_callback(const Callback& callback) {
    auto text = time_of_day() + "  callback  " + common::printable(callback.path) + "  " +
                show_event(callback.body);
    text += "  attempt " + common::printable(callback.attempt.empty() ? "?" : callback.attempt);
    if (callback.test) {
        text += "  (a test)";
    }
    if (callback.signature) {
        text.append("  ").append(text_of(*callback.signature));
    }
    return text;
}

std::string time_of_day() {
    const auto now = std::time(nullptr);
    std::tm local{};
    ::localtime_r(&now, &local);
    char text[16];
    return {text, std::strftime(text, sizeof text, "%H:%M:%S", &local)};
}

} // namespace agent
