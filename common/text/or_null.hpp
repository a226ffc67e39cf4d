// What is absent as null in JSON that is written. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace common {

template <class Json = nlohmann::json, class Value>
Json or_null(const std::optional<Value>& value) {
    return value ? Json(*value) : Json{};
}

/// An empty text is absent.
template <class Json = nlohmann::json> Json text_or_null(const std::string& text) {
    return text.empty() ? Json{} : Json(text);
}

/// Zero is absent: the status of an attempt without an answer.
template <class Json = nlohmann::json> Json number_or_null(unsigned number) {
    return number == 0 ? Json{} : Json(number);
}

} // namespace common
