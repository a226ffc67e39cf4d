#include "agent/api/event_json.hpp"

#include "agent/store/schema.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

using Json = nlohmann::ordered_json;
using Cause = ListedDelivery::Cause;
using State = ListedDelivery::State;

template <class Value> Json or_null(const std::optional<Value>& value) {
    return value ? Json(*value) : Json{};
}

Json or_null(const std::optional<Id>& id) {
    return id ? Json::parse(id->text()) : Json{};
}

Json text_or_null(const std::string& text) {
    return text.empty() ? Json{} : Json(text);
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
            {"status", attempt.status == 0 ? Json{} : Json(attempt.status)},
            {"error", text_or_null(attempt.error)},
            {"took_ms", attempt.took_ms}};
}

class WebhookStates {
  public:
    WebhookStates(const ListedEvent& listed, const Event& event, const EventView& view)
        : listed_{listed}, event_{event}, view_{view}, unread_{unread_values(listed.text.view())} {}

    Json all() {
        auto list = Json::array();
        for (const auto& webhook : listed_.snapshot->webhooks) {
            const bool shown =
                !view_.webhook || webhook->key == *view_.webhook || webhook->name == *view_.webhook;
            auto state = state_of(*webhook, shown);
            if (!state.is_null()) {
                Json one{{"key", webhook->key}, {"name", webhook->name}};
                one.update(state);
                list.push_back(std::move(one));
            }
        }
        return list;
    }
    [[nodiscard]] std::size_t left_out() const { return left_out_; }

  private:
    /// Null: it is not shown.
    Json state_of(const Webhook& webhook, bool shown) {
        if (place_ < listed_.deliveries.size() && listed_.deliveries[place_].webhook == &webhook) {
            const auto place = place_++;
            return shown ? delivery(place) : Json{};
        }
        if (suppressed_ < listed_.suppressed.size() &&
            listed_.suppressed[suppressed_].webhook == &webhook) {
            const auto until = listed_.suppressed[suppressed_++].until;
            return shown ? Json{{"state", "suppressed"},
                                {"wait_s", seconds(until - view_.queue_time)}}
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
                    {"reason", text_or_null(webhook.reason)}};
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

    Json delivery(std::size_t place) const {
        const auto& one = listed_.deliveries[place];
        Json json{
            {"state", to_string(one.state)},
            {"delivery", listed_.row * deliveries_per_event + static_cast<std::int64_t>(place)},
            {"attempts", one.attempts},
            {"last_status", one.status == 0 ? Json{} : Json(one.status)},
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
    [[nodiscard]] std::int64_t next_attempt(const ListedDelivery& one) const {
        const auto due = std::max<std::int64_t>(one.when - view_.queue_time, 0);
        const auto probe =
            view_.probe_in && one.attempts > 0 ? view_.probe_in(one.webhook->key) : std::nullopt;
        return probe ? std::max(due, std::int64_t{probe->count()}) : due;
    }

    [[nodiscard]] const std::vector<ListedAttempt>* failures(std::size_t place) const {
        if (!listed_.failures) {
            return nullptr;
        }
        const auto at = listed_.failures->find(static_cast<std::uint32_t>(place));
        return at == listed_.failures->end() ? nullptr : &at->second;
    }

    [[nodiscard]] Json last_error(const ListedDelivery& one, std::size_t place) const {
        if (one.state == State::delivered) {
            return {};
        }
        const auto* failed = failures(place);
        return one.cause != Cause::none ? Json(to_string(one.cause))
               : failed                 ? text_or_null(failed->back().error)
                                        : Json{};
    }

    [[nodiscard]] Json history(const ListedDelivery& one, std::size_t place) const {
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

    const ListedEvent& listed_;
    const Event& event_;
    const EventView& view_;
    UnreadValues unread_;
    std::size_t place_ = 0, suppressed_ = 0; // the next ones of the event
    std::size_t shown_ = 0, left_out_ = 0;   // without a delivery
};

} // namespace

Json event_json(const ListedEvent& listed, const Event& event, const EventView& view) {
    Json json{{"seq", listed.seq},
              {"at", rfc3339_ms(listed.at)},
              {"age_s", age(listed.instant, view.now)},
              {"id", or_null(event.id)},
              {"type", or_null(event.type)},
              {"camera", or_null(event.camera)},
              {"card", or_null(event.card)},
              {"matched", or_null(event.matched)},
              {"confidence", or_null(event.confidence)},
              {"plate", or_null(event.plate)},
              {"test", listed.test},
              {"duplicate", listed.duplicate}};
    WebhookStates states{listed, event, view};
    json["webhooks"] = states.all();
    if (states.left_out() > 0) {
        json["webhooks_left_out"] = states.left_out();
    }
    if (view.details) {
        json["event"] = Json::parse(listed.text.view(), nullptr, false);
    }
    return json;
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
