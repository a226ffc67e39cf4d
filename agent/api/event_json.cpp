#include "agent/api/event_json.hpp"

#include "agent/store/schema.hpp"
#include "common/text/json.hpp"
#include "common/text/or_null.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

using Json = nlohmann::ordered_json;
using Cause = ListedDelivery::Cause;
using State = ListedDelivery::State;
using common::number_or_null;
using common::or_null;
using common::text_or_null;

Json id_or_null(const std::optional<Id>& id) {
    return id ? Json::parse(id->text()) : Json{};
}

Json seconds(std::int64_t ms) {
    return static_cast<double>(std::max<std::int64_t>(ms, 0)) / 1000.0;
}

Json age(common::Instant since, common::Instant now) {
    return seconds(std::chrono::duration_cast<common::Millis>(now - since).count());
}

std::string_view to_string(State state) {
    switch (state) {
    case State::waiting:
        return "waiting";
    case State::delivered:
        return "delivered";
    case State::dead:
        return "dead";
    case State::expired:
        return "expired";
    case State::dropped:
        break;
    }
    return "dropped";
}

std::string_view to_string(Cause cause) {
    switch (cause) {
    case Cause::none:
        break;
    case Cause::webhook_removed:
        return "webhook removed";
    case Cause::by_operator:
        return "dropped by an operator";
    case Cause::drop_oldest:
        return "dropped to make room for newer events ([queue] when_full = drop_oldest)";
    case Cause::dead_forgotten:
        return "deleted as a dead letter ([queue] keep_dead, or to make room)";
    }
    return "";
}

/// In UTC, in milliseconds: "2026-11-24T10:01:02.003Z".
std::string rfc3339_ms(common::WallTime time) {
    const auto ms = std::chrono::floor<common::Millis>(time.time_since_epoch()).count() % 1000;
    auto text = common::rfc3339(time);
    const auto digits = std::to_string(1000 + ms).substr(1);
    return text.insert(text.size() - 1, "." + digits);
}

Json attempt_json(const ListedAttempt& attempt) {
    return {{"at", rfc3339_ms(attempt.at)},
            {"status", number_or_null<Json>(attempt.status)},
            {"error", text_or_null<Json>(attempt.error)},
            {"took_ms", attempt.took_ms}};
}

} // namespace

EventText::EventText(const ListedEvent& listed, Event event, const EventView& view)
    : listed_{listed}, event_{std::move(event)}, view_{view}, unread_{unread_values(
                                                                  listed.text.view())} {
    text_ = common::text_of(Json{{"seq", listed.seq},
                                 {"at", rfc3339_ms(listed.at)},
                                 {"age_s", age(listed.instant, view.now)},
                                 {"id", or_null<Json>(event_.id)},
                                 {"type", or_null<Json>(event_.type)},
                                 {"camera", id_or_null(event_.camera)},
                                 {"card", id_or_null(event_.card)},
                                 {"matched", or_null<Json>(event_.matched)},
                                 {"confidence", or_null<Json>(event_.confidence)},
                                 {"plate", or_null<Json>(event_.plate)},
                                 {"test", listed.test},
                                 {"duplicate", listed.duplicate}});
    text_.back() = ',';
    text_ += "\"webhooks\":[";
}

bool EventText::add_webhook() {
    const auto& webhooks = listed_.snapshot->webhooks;
    if (webhook_ == webhooks.size()) {
        return false;
    }
    const auto& webhook = *webhooks[webhook_++];
    auto state = state_of(webhook, !view_.webhook || webhook.key == *view_.webhook);
    if (!state.is_null()) {
        Json one{{"key", webhook.key}, {"name", webhook.name}};
        one.update(state);
        text_ += text_.back() == '[' ? "" : ",";
        text_ += common::text_of(one);
    }
    return true;
}

std::string EventText::end() {
    text_ += ']';
    if (left_out_ > 0) {
        text_ += ",\"webhooks_left_out\":" + std::to_string(left_out_);
    }
    if (view_.details) {
        // As it came, byte for byte, but for what the list leaves out.
        const auto event = listed_.text.view();
        text_ += ",\"event\":";
        text_ += Json::accept(event) ? event : "null";
    }
    return std::move(text_) + "}";
}

/// Null: it is not shown.
Json EventText::state_of(const Webhook& webhook, bool shown) {
    if (place_ < listed_.deliveries.size() && listed_.deliveries[place_].webhook == &webhook) {
        const auto place = place_++;
        return shown ? delivery(place) : Json{};
    }
    if (suppressed_ < listed_.suppressed.size() &&
        listed_.suppressed[suppressed_].webhook == &webhook) {
        const auto until = listed_.suppressed[suppressed_++].until;
        return shown ? Json{{"state", "suppressed"}, {"wait_s", seconds(until - view_.queue_time)}}
                     : Json{};
    }
    if (!shown || listed_.test) {
        return {};
    }
    if (shown_ == view_.most_unmatched) {
        ++left_out_;
        return {};
    }
    ++shown_;
    if (webhook.state != WebhookState::serving) {
        return {{"state", agent::to_string(webhook.state)},
                {"reason", text_or_null<Json>(webhook.reason)}};
    }
    const auto failed = webhook.filters.explain_all(event_, unread_);
    if (failed.empty()) {
        return {{"state", "duplicate"}};
    }
    auto list = Json::array();
    for (const auto& one : failed) {
        list.push_back({{"filter", one.filter},
                        {"wanted", Json::parse(one.wanted)},
                        {"found", Json::parse(one.found)}});
        if (!one.hint.empty()) {
            list.back()["hint"] = one.hint;
        }
    }
    return {{"state", "not_matched"}, {"failed", std::move(list)}};
}

Json EventText::delivery(std::size_t place) const {
    const auto& one = listed_.deliveries[place];
    Json json{{"state", to_string(one.state)},
              {"delivery", listed_.row * deliveries_per_event + static_cast<std::int64_t>(place)},
              {"attempts", one.attempts},
              {"last_status", number_or_null<Json>(one.status)},
              {"last_error", last_error(one, place)}};
    if (one.state == State::waiting) {
        json["next_attempt_s"] = seconds(next_attempt(one));
    } else if (one.state == State::delivered) {
        json["took_ms"] = one.when;
    }
    if (view_.details) {
        json["history"] = history(one, place);
    }
    return json;
}

/// As `queue list` has it: the first attempt of a delivery waits for no probe.
std::int64_t EventText::next_attempt(const ListedDelivery& one) const {
    const auto due = std::max<std::int64_t>(one.when - view_.queue_time, 0);
    const auto probe =
        view_.probe_in && one.attempts > 0 ? view_.probe_in(one.webhook->key) : std::nullopt;
    return probe ? std::max(due, std::int64_t{probe->count()}) : due;
}

const std::vector<ListedAttempt>* EventText::failures(std::size_t place) const {
    if (!listed_.failures) {
        return nullptr;
    }
    const auto at = listed_.failures->find(static_cast<std::uint32_t>(place));
    return at == listed_.failures->end() ? nullptr : &at->second;
}

Json EventText::last_error(const ListedDelivery& one, std::size_t place) const {
    if (one.state == State::delivered) {
        return {};
    }
    const auto* failed = failures(place);
    return one.cause != Cause::none ? Json(to_string(one.cause))
           : failed                 ? text_or_null<Json>(failed->back().error)
                                    : Json{};
}

Json EventText::history(const ListedDelivery& one, std::size_t place) const {
    auto list = Json::array();
    if (const auto* failed = failures(place)) {
        for (const auto& attempt : *failed) {
            list.push_back(attempt_json(attempt));
        }
    }
    if (one.state == State::delivered) {
        list.push_back(
            attempt_json({listed_.at + common::Millis{one.when}, one.status, {}, one.took_ms}));
    }
    return list;
}

Json refusal_json(const RefusedRequest& refused, const EventView& view) {
    return {{"seq", refused.seq},
            {"at", rfc3339_ms(refused.at)},
            {"age_s", age(refused.instant, view.now)},
            {"refused",
             {{"status", refused.status},
              {"detail", refused.detail},
              {"from", refused.from},
              {"times", refused.times}}}};
}

} // namespace agent
