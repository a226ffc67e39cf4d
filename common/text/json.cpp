#include "common/text/json.hpp"

#include "common/base/ascii.hpp"
#include "common/base/printable.hpp"

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

namespace common {

namespace {

using nlohmann::json;

/// Checks the form of a text and keeps nothing of it.
class FormCheck {
  public:
    bool null() { return count(); }
    bool boolean(bool) { return count(); }
    bool number_integer(std::int64_t) { return count(); }
    bool number_unsigned(std::uint64_t) { return count(); }
    bool number_float(double, const std::string&) { return count(); }
    bool string(std::string&) { return count(); }
    bool binary(json::binary_t&) { return count(); }
    bool key(std::string&) { return true; }
    bool start_object(std::size_t) { return enter(); }
    bool start_array(std::size_t) { return enter(); }
    bool end_object() { return leave(); }
    bool end_array() { return leave(); }
    bool parse_error(std::size_t byte, const std::string&, const json::exception& why) {
        fault = json_fault(byte, why);
        return false;
    }

    std::string fault;
    std::size_t values = 0;

  private:
    bool count() {
        ++values;
        return true;
    }
    bool enter() {
        ++values;
        if (++depth_ > max_depth) {
            fault = depth_fault();
            return false;
        }
        return true;
    }
    bool leave() {
        --depth_;
        return true;
    }

    std::size_t depth_ = 0;
};

std::string in_plain_words(std::string text) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> words{{
        {"string literal", "a string"},
        {"number literal", "a number"},
        {"'[', '{', or a literal", "a value"},
        {"invalid literal", "neither a value nor punctuation of JSON"},
    }};
    for (const auto& [theirs, ours] : words) {
        if (const auto at = text.find(theirs); at != std::string::npos) {
            text.replace(at, theirs.size(), ours);
        }
    }
    return text;
}

} // namespace

std::optional<std::string> forbidden_bytes(std::string_view json) {
    if (json.starts_with("\xEF\xBB\xBF")) {
        return "not valid JSON at byte 1: a byte order mark (BOM); expected UTF-8 without one";
    }
    if (const auto nul = json.find('\0'); nul != std::string_view::npos) {
        return "not valid JSON at byte " + std::to_string(nul + 1) + ": a NUL byte";
    }
    return {};
}

std::string json_fault(std::size_t byte, const std::exception& why) {
    const auto where = " at byte " + std::to_string(byte) + ": ";
    if (dynamic_cast<const json::out_of_range*>(&why) != nullptr) {
        return "a number" + where + "too large for a double";
    }
    std::string text = why.what();
    if (const auto reason = text.find(" - "); reason != std::string::npos) {
        text.erase(0, reason + 3);
    }
    // What follows is the text itself: it may be megabytes, not UTF-8, or a password.
    if (const auto quoted = text.find("; last read: '"); quoted != std::string::npos) {
        text.erase(quoted);
    }
    return "not valid JSON" + where + in_plain_words(std::move(text));
}

std::string depth_fault() {
    return "the JSON is nested more than " + std::to_string(max_depth) + " deep";
}

Result<std::size_t> check_json(std::string_view text) {
    if (auto fault = forbidden_bytes(text)) {
        return fail(Fault::input, std::move(*fault));
    }
    FormCheck form;
    if (!json::sax_parse(text.begin(), text.end(), &form)) {
        return fail(Fault::input, std::move(form.fault));
    }
    return form.values;
}

Result<json> parse_json(std::string_view text) {
    // Check the form first: a value that is nested too deep could not even be written out again
    // without exhausting the stack.
    if (auto checked = check_json(text); !checked) {
        return fail(std::move(checked.error()));
    }
    return json::parse(text.begin(), text.end());
}

std::string text_of(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string text_of(const nlohmann::ordered_json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string_view kind_of(const json& value) {
    switch (value.type()) {
    case json::value_t::object:
        return "an object";
    case json::value_t::array:
        return "a list";
    case json::value_t::string:
        return "a string";
    case json::value_t::boolean:
        return "a boolean";
    case json::value_t::null:
        return "null";
    default:
        return "a number";
    }
}

std::string shown(const json& value) {
    constexpr std::size_t enough = 80;
    auto text = printable(text_of(value));
    if (text.size() > enough) {
        auto end = enough;
        while (end > 0 && continues_utf8(text[end])) {
            --end;
        }
        text.resize(end);
        text += "…";
    }
    return text;
}

} // namespace common
