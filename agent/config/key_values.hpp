// The kinds of values that the table of keys uses: each is a setter, and its form in words for the
// manual. In each function `field` selects the member of the target to set.
#pragma once

#include "agent/config/config_value.hpp"
#include "agent/config/named_path.hpp"
#include "agent/config/text_file.hpp"
#include "common/text/invalid.hpp"
#include "common/text/values.hpp"

#include <charconv>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agent::key_values {

inline auto expected(const std::string& what) {
    return common::fail(common::Fault::config, "expected " + what);
}

/// Selects a member of a target by the path to it.
template <class... Members> auto field(Members... path) {
    return [path...](auto& target) -> auto& {
        return (target.*....*path);
    };
}

template <class T, class Field> ValueKind<T> text(Field field) {
    return {
        [field](T& target, const std::string& value, const ConfigPlace&) -> common::Result<void> {
            field(target) = value;
            return {};
        },
        "text"};
}

/// A list of name globs.
template <class T, class Field> ValueKind<T> list(Field field) {
    return {
        [field](T& target, const std::string& value, const ConfigPlace&) -> common::Result<void> {
            field(target) = common::parse_list(value);
            return {};
        },
        "a list of names, in which * stands for any text and ? for one letter"};
}

inline constexpr common::Millis century{36'500LL * 24 * 3600 * 1000};

template <class T, class Field>
ValueKind<T> duration(Field field, common::Millis least, common::Millis most = century) {
    const auto at_least = "at least " + common::show_duration(least);
    const auto at_most = "at most " + common::show_duration(most);
    auto set = [=](T& target, const std::string& value,
                   const ConfigPlace&) -> common::Result<void> {
        const auto span = common::parse_duration(value);
        if (!span) {
            return common::fail(span.error());
        }
        if (*span < least || *span > most) {
            return expected(*span < least ? at_least : at_most);
        }
        field(target) = *span;
        return {};
    };
    std::string form = "a duration";
    form += least.count() > 0 ? " of " + at_least : "";
    form += most < century ? (least.count() > 0 ? ", " : " of ") + at_most : "";
    return {std::move(set), std::move(form)};
}

template <class T, class Field>
ValueKind<T> size(Field field, std::string_view least, std::string_view most) {
    auto form = "a size from " + std::string{least} + " to " + std::string{most};
    return {[=](T& target, const std::string& value, const ConfigPlace&) -> common::Result<void> {
                const auto bytes = common::parse_size(value);
                if (!bytes) {
                    return common::fail(bytes.error());
                }
                if (*bytes < *common::parse_size(least) || *bytes > *common::parse_size(most)) {
                    return expected(form);
                }
                field(target) = *bytes;
                return {};
            },
            form};
}

template <class T, class Field>
ValueKind<T> count(Field field, std::uint64_t most, std::uint64_t least = 1) {
    auto form = "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
    return {[=](T& target, const std::string& value, const ConfigPlace&) -> common::Result<void> {
                std::uint64_t number = 0;
                const auto* last = value.data() + value.size();
                const auto [end, error] = std::from_chars(value.data(), last, number);
                if (error != std::errc{} || end != last || number < least || number > most) {
                    return expected(form);
                }
                field(target) = number;
                return {};
            },
            form};
}

template <class T, class Enum, class Field>
ValueKind<T> choice(Field field, std::initializer_list<std::pair<std::string, Enum>> words) {
    std::vector<std::string> known;
    for (const auto& [word, meaning] : words) {
        known.push_back(word);
    }
    auto form = common::one_of(known);
    return {[=, words = std::vector(words)](T& target, const std::string& value,
                                            const ConfigPlace&) -> common::Result<void> {
                for (const auto& [word, meaning] : words) {
                    if (word == value) {
                        field(target) = meaning;
                        return {};
                    }
                }
                return expected(form);
            },
            form};
}

/// A path that need not exist yet.
template <class T, class Field> ValueKind<T> path(Field field) {
    return {[field](T& target, const std::string& value,
                    const ConfigPlace& place) -> common::Result<void> {
                return path_of(value, place.folder).map([&](std::string&& where) {
                    field(target) = std::move(where);
                });
            },
            "a path"};
}

/// A file that must be readable; its content is checked elsewhere.
template <class T, class Field> ValueKind<T> file(Field field) {
    return {[field](T& target, const std::string& value,
                    const ConfigPlace& place) -> common::Result<void> {
                return path_of(value, place.folder).and_then([&](const std::string& where) {
                    field(target) = where;
                    return where.empty() || !place.secrets ? common::Result<void>{}
                                                           : check_readable(where);
                });
            },
            "the path of a file that the agent can read"};
}

/// A file that `read` reads into `content`. An empty value: no content.
template <class T, class Read, class Field> ValueKind<T> file_read_by(Read read, Field content) {
    return {[read, content](T& target, const std::string& value,
                            const ConfigPlace& place) -> common::Result<void> {
                content(target) = {};
                if (value.starts_with("whsec_")) {
                    return expected("the path of a file with the secret, not the secret itself");
                }
                const auto where = path_of(value, place.folder);
                if (!where || where->empty() || !place.secrets) {
                    return where.map([](const std::string&) {});
                }
                return read(*where, *place.warnings).map([&](auto&& got) {
                    content(target) = std::forward<decltype(got)>(got);
                });
            },
            "the path of a file that the agent can read"};
}

/// Two setters for one value, which has the form of the second.
template <class T> ValueKind<T> both(ValueKind<T> one, ValueKind<T> other) {
    return {[one = one.set, other = other.set](T& target, const std::string& value,
                                               const ConfigPlace& place) -> common::Result<void> {
                const auto first = one(target, value, place);
                return first ? other(target, value, place) : first;
            },
            other.form};
}

} // namespace agent::key_values
