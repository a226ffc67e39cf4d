#include "agent/cli/event_blocks.hpp"

#include "agent/cli/delivery_text.hpp"
#include "agent/cli/event_words.hpp"
#include "agent/cli/output.hpp"

#include <nlohmann/json.hpp>

namespace agent {

namespace {

using nlohmann::json;

std::string subject(const json& entry) {
    if (entry.contains("refused")) {
        return "a request was refused";
    }
    auto text = entry.value("test", false) ? "test: " + value_or_dash(entry.value("type", json{}))
                                           : text_or(entry.value("type", json{}), "event");
    for (const auto* field : {"camera", "card", "confidence", "plate"}) {
        if (const auto value = entry.value(field, json{}); !value.is_null()) {
            text.append(", ").append(field).append(" ").append(value_or_dash(value));
        }
    }
    return text;
}

Tone tone_of(EventPart::Kind kind) {
    switch (kind) {
    case EventPart::Kind::delivered:
        return Tone::good;
    case EventPart::Kind::waiting:
        return Tone::warning;
    case EventPart::Kind::lost:
        return Tone::bad;
    case EventPart::Kind::other:
        break;
    }
    return Tone::plain;
}

} // namespace

std::string event_block(const json& entry, const Screen& screen) {
    constexpr std::string_view indent = "     ";
    auto number = value_or_dash(entry.value("seq", json{}));
    number.append(number.size() < indent.size() - 2 ? indent.size() - 2 - number.size() : 0, ' ');
    const auto time = local_clock(text_or(entry.value("at", json{}), "?"));
    auto text = paragraph(number + "  ", time + "  " + subject(entry), screen);
    if (entry.contains("refused")) {
        return text + toned(paragraph(indent, refusal_words(entry.at("refused")), screen),
                            Tone::warning, screen);
    }
    for (const auto& part : event_parts(entry)) {
        text += toned(paragraph(indent, part.words, screen), tone_of(part.kind), screen);
    }
    return text;
}

} // namespace agent
