#include "agent/webhooks/failure_sign.hpp"

#include "common/base/ascii.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

namespace agent {

namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 10> error_names{
    "error",     "errors", "errormessage", "errormsg",  "errorcode",
    "exception", "fault",  "failure",      "traceback", "stacktrace"};
constexpr std::array<std::string_view, 5> success_names{"success", "ok", "successful", "succeeded",
                                                        "issuccess"};
constexpr std::array<std::string_view, 4> status_names{"status", "state", "result", "outcome"};
constexpr std::array<std::string_view, 5> status_words{"error", "fail", "failed", "failure",
                                                       "errored"};
constexpr std::array<std::string_view, 5> code_names{"status", "statuscode", "code", "httpstatus",
                                                     "httpcode"};
constexpr std::array<std::string_view, 5> containers{"meta", "metadata", "status", "response",
                                                     "info"};

template <std::size_t N>
bool one_of(const std::array<std::string_view, N>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::string plain(std::string_view name) {
    auto word = common::ascii_lower(std::string{name});
    std::erase_if(word, [](char c) { return c == '_' || c == '-' || c == '$' || c == '@'; });
    return word;
}

bool says_no(const json& value) {
    return (value.is_boolean() && !value.get<bool>()) ||
           (value.is_number() && value.get<double>() == 0) ||
           (value.is_string() &&
            common::ascii_lower(value.get_ref<const std::string&>()) == "false");
}

bool nothing(const json& value) {
    return value.is_null() || value == "" || says_no(value) ||
           (value.is_structured() && value.empty());
}

std::string sign_in(std::string_view name, const json& value) {
    const auto word = plain(name);
    if (one_of(error_names, word) && !nothing(value)) {
        return std::string{name} + " is set";
    }
    const bool failed_word =
        value.is_string() &&
        one_of(status_words, common::ascii_lower(value.get_ref<const std::string&>()));
    const bool failed_code = value.is_number_integer() && value >= 400 && value < 600;
    if ((one_of(success_names, word) && says_no(value)) ||
        (one_of(status_names, word) && failed_word) || (one_of(code_names, word) && failed_code)) {
        return std::string{name} + " = " + common::shown(value);
    }
    return "";
}

} // namespace

std::string failure_sign(const json& envelope) {
    if (!envelope.is_object()) {
        return "";
    }
    for (const auto& [name, value] : envelope.items()) {
        if (auto sign = sign_in(name, value); !sign.empty()) {
            return sign;
        }
        if (!value.is_object() || !one_of(containers, plain(name))) {
            continue;
        }
        for (const auto& [inner, inner_value] : value.items()) {
            if (auto sign = sign_in(inner, inner_value); !sign.empty()) {
                return sign;
            }
        }
    }
    return "";
}

} // namespace agent
