#include "agent/webhooks/failure_sign.hpp"

#include "common/base/ascii.hpp"
#include "common/base/is_one_of.hpp"
#include "common/text/json.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

namespace agent {

namespace {

using common::is_one_of;
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
constexpr std::array<std::string_view, 5> failure_containers{"meta", "metadata", "status",
                                                             "response", "info"};

std::string bare_word(std::string_view name) {
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
    const auto word = bare_word(name);
    if (is_one_of(word, error_names) && !nothing(value)) {
        return std::string{name} + " is set";
    }
    const bool failed_word =
        value.is_string() &&
        is_one_of(common::ascii_lower(value.get_ref<const std::string&>()), status_words);
    const bool failed_code = value.is_number_integer() && value >= 400 && value < 600;
    if ((is_one_of(word, success_names) && says_no(value)) ||
        (is_one_of(word, status_names) && failed_word) ||
        (is_one_of(word, code_names) && failed_code)) {
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
        if (!value.is_object() || !is_one_of(bare_word(name), failure_containers)) {
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
