#include "agent/webhooks/page_signs.hpp"

#include "agent/webhooks/page_sign_names.hpp"
#include "common/base/ascii.hpp"
#include "common/base/is_one_of.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

namespace agent {

namespace {

using common::Fault;
using common::is_one_of;
using common::Result;
using nlohmann::json;
using page_sign_names::containers;
using page_sign_names::cursor_names;
using page_sign_names::last_names;
using page_sign_names::link_names;
using page_sign_names::marker_names;
using page_sign_names::more_names;
using page_sign_names::offset_names;
using page_sign_names::page_names;
using page_sign_names::pages_names;
using page_sign_names::size_names;
using page_sign_names::total_names;

/// Empty for a name that no server gives to a sign: names become part of messages and queries.
std::string word_of(std::string_view name) {
    std::string word;
    for (const char c : common::ascii_lower(std::string{name})) {
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            word += c;
        } else if (std::string_view{"_-.$@"}.find(c) == std::string_view::npos) {
            return "";
        }
    }
    return word;
}

std::optional<std::uint64_t> digits(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional{number}
                                                                    : std::nullopt;
}

/// A number that counts something; some servers write it as a string, with a fraction of 0, or in
/// an object with how exact it is, and -1 for unknown.
std::optional<std::uint64_t> number_in(const json& value) {
    constexpr double exact = 9'007'199'254'740'992; // beyond it a double skips numbers
    if (value.is_string()) {
        return digits(value.get_ref<const std::string&>());
    }
    if (value.is_object()) {
        const auto inner = value.find("value");
        return inner == value.end() || inner->is_object() ? std::nullopt : number_in(*inner);
    }
    if (value.is_number_float()) {
        const auto number = value.get<double>();
        return number >= 0 && number <= exact && std::floor(number) == number
                   ? std::optional{static_cast<std::uint64_t>(number)}
                   : std::nullopt;
    }
    if (!value.is_number_integer() ||
        (!value.is_number_unsigned() && value.get<std::int64_t>() < 0)) {
        return std::nullopt;
    }
    return value.get<std::uint64_t>();
}

bool empty(const json& value) {
    return value.is_null() || value == "" || value == false ||
           (value.is_structured() && value.empty());
}

void keep(std::optional<PageSigns::Number>& place, const std::string& name, const json& value) {
    const auto number = number_in(value);
    if (number && (!place || place->value < *number)) {
        place = {name, *number};
    }
}

/// A link is a URL, or an object with one as HAL has it.
Result<void> read_link(PageSigns& signs, const std::string& name, const json& value) {
    if (empty(value)) {
        signs.no_next = true;
        return {};
    }
    const auto* url = &value;
    if (value.is_object()) {
        for (const auto* key : {"href", "url"}) {
            if (const auto at = value.find(key); at != value.end()) {
                url = &*at;
                if (empty(*url)) {
                    signs.no_next = true;
                    return {};
                }
            }
        }
    }
    if (!url->is_string()) {
        return common::fail(Fault::input, name + " is " + std::string{common::kind_of(value)} +
                                              ": expected a URL or null");
    }
    if (!signs.next) {
        signs.next = url->get<std::string>();
    }
    return {};
}

void read_flag(PageSigns& signs, const std::string& name, const std::string& word,
               const json& value) {
    const bool last = value.is_boolean() && is_one_of(word, last_names);
    const auto number = number_in(value);
    if (last ? value == false : value == true || value == "true" || number.value_or(0) > 0) {
        signs.more = name + " = " + common::shown(value);
    } else if (value.is_boolean()) {
        signs.ends = true;
    }
}

Result<void> read_sign(PageSigns& signs, std::string_view container, const std::string& name,
                       const json& value);

Result<void> read_container(PageSigns& signs, const std::string& name, const json& object) {
    // Links first as they come: [{"rel": "next", "href": …}].
    if (object.is_array()) {
        for (const auto& link : object) {
            const auto rel = link.is_object() ? link.find("rel") : link.end();
            if (link.is_object() && rel != link.end() && *rel == "next") {
                if (auto read = read_link(signs, name + ".next", link); !read) {
                    return read;
                }
            }
        }
        return {};
    }
    for (const auto& [key, value] : object.items()) {
        if (auto read = read_sign(signs, word_of(name), key, value); !read) {
            return read;
        }
    }
    return {};
}

Result<void> read_sign(PageSigns& signs, std::string_view container, const std::string& name,
                       const json& value) {
    const auto word = word_of(name);
    const bool in_cursor = container.starts_with("cursor");
    if (value.is_structured() && is_one_of(word, containers)) {
        return read_container(signs, name, value);
    }
    if (is_one_of(word, link_names) && !in_cursor) {
        return read_link(signs, name, value);
    }
    if (is_one_of(word, cursor_names) || (in_cursor && word == "next")) {
        // Only its server knows what to do with it.
        if (!empty(value)) {
            signs.cursor = name + " = " + common::shown(value);
        }
    } else if (is_one_of(word, marker_names) && !value.is_structured()) {
        if (!empty(value) && value != 0) {
            signs.marker = name + " = " + common::shown(value);
        }
    } else if (is_one_of(word, more_names) || (value.is_boolean() && is_one_of(word, last_names))) {
        read_flag(signs, name, word, value);
    } else if (is_one_of(word, pages_names)) {
        keep(signs.pages, name, value);
    } else if (is_one_of(word, total_names)) {
        keep(signs.total, name, value);
    } else if (is_one_of(word, page_names)) {
        keep(signs.page, name, value);
    } else if (is_one_of(word, offset_names)) {
        keep(signs.offset, name, value);
    } else if (is_one_of(word, size_names)) {
        keep(signs.size, name, value);
    }
    return {};
}

/// The URL of a Link header's rel="next" (RFC 8288), if there is one.
std::optional<std::string> linked_next(std::string_view header) {
    for (auto open = header.find('<'); open != std::string_view::npos;) {
        const auto close = header.find('>', open);
        if (close == std::string_view::npos) {
            break;
        }
        const auto url = header.substr(open + 1, close - open - 1);
        open = header.find('<', close);
        const auto parameters =
            common::ascii_lower(std::string{header.substr(close, open - close)});
        if (const auto rel = parameters.find("rel"); rel != std::string::npos) {
            auto words =
                " " + parameters.substr(rel + 3, parameters.find(';', rel) - rel - 3) + " ";
            std::ranges::replace_if(
                words, [](char c) { return c == '"' || c == '=' || c == ','; }, ' ');
            if (words.find(" next ") != std::string::npos) {
                return std::string{url};
            }
        }
    }
    return std::nullopt;
}

/// What a header's name says: X-Total, X-WP-Total and Pagination-Total all say "total". Empty for
/// one that is not about lists.
std::string sign_word(std::string_view header) {
    const auto word = word_of(header);
    std::string_view rest{word};
    for (const std::string_view prefix : {"x", "wp", "pagination", "paging", "list"}) {
        if (rest.size() > prefix.size() && rest.starts_with(prefix)) {
            rest.remove_prefix(prefix.size());
        }
    }
    return rest.size() < word.size() || word == "totalcount" ? std::string{rest} : "";
}

Result<void> read_header(PageSigns& signs, const std::string& name, const std::string& text) {
    const auto word = sign_word(name);
    if (word_of(name) == "link") {
        signs.next = signs.next ? signs.next : linked_next(text);
    } else if (word_of(name) == "contentrange" && text.rfind('/') != std::string::npos) {
        keep(signs.total, name, text.substr(text.rfind('/') + 1));
    } else if (word == "pagination" && text.starts_with('{')) {
        const auto object = common::parse_json(text);
        return object ? read_container(signs, name, *object) : Result<void>{};
    } else if (word == "nextpage") {
        signs.no_next = signs.no_next || text.empty();
        if (digits(text) && !signs.next) {
            signs.next = "?page=" + text;
        }
    } else if (is_one_of(word, total_names)) {
        keep(signs.total, name, text);
    } else if (is_one_of(word, pages_names)) {
        keep(signs.pages, name, text);
    } else if (is_one_of(word, cursor_names) && !text.empty()) {
        signs.cursor = name + " = " + common::shown(text);
    } else if (word.starts_with("has") && is_one_of(word, more_names)) {
        read_flag(signs, name, word, text);
    } else if (word == "perpage" || word == "pagesize") {
        keep(signs.size, name, text);
    }
    return {};
}

/// The query of the page after this one, made of the page's own numbers; empty without them.
std::string following(const PageSigns& signs, std::uint64_t items_here) {
    std::string query;
    if (signs.page) {
        const auto word = word_of(signs.page->name);
        query = "?" + (word == "currentpage" ? "page" : signs.page->name) + "=" +
                std::to_string(signs.page->value + 1);
    } else if (signs.offset) {
        query = "?" + signs.offset->name + "=" + std::to_string(signs.offset->value + items_here);
    }
    if (!query.empty() && signs.size) {
        query += "&" + signs.size->name + "=" + std::to_string(signs.size->value);
    }
    return query;
}

std::string says(const PageSigns::Number& number) {
    return number.name + " = " + std::to_string(number.value);
}

/// The sign that says that more was not read, in words; empty if there is none.
std::string sign_of_more(const PageSigns& signs, const PagesRead& read) {
    if (signs.more) {
        return *signs.more;
    }
    if (signs.cursor && !signs.ends) {
        return *signs.cursor;
    }
    if (signs.total && signs.total->value > read.items) {
        return says(*signs.total);
    }
    return signs.pages && signs.pages->value > read.pages ? says(*signs.pages) : "";
}

} // namespace

Result<PageSigns> read_page_signs(const json& envelope, const common::Headers& headers) {
    PageSigns signs;
    if (envelope.is_object()) {
        // "next_page" before "next", as the manual has it; items() goes by the alphabet.
        if (const auto first = envelope.find("next_page"); first != envelope.end()) {
            if (auto read = read_link(signs, "next_page", *first); !read) {
                return common::fail(read.error());
            }
        }
        for (const auto& [name, value] : envelope.items()) {
            if (auto read = read_sign(signs, "", name, value); !read) {
                return common::fail(read.error());
            }
        }
    }
    for (const auto& [name, value] : headers) {
        if (auto read = read_header(signs, name, std::string{common::trim(value)}); !read) {
            return common::fail(read.error());
        }
    }
    return signs;
}

Result<std::string> next_page(const PageSigns& signs, const PagesRead& read) {
    if (signs.next) {
        return *signs.next;
    }
    const auto sign = sign_of_more(signs, read);
    if (sign.empty()) {
        return std::string{};
    }
    auto query = following(signs, read.items_here);
    if (query.empty() || read.items_here == 0) {
        return common::fail(Fault::input, "the list of webhooks breaks off after " +
                                              std::to_string(read.items) + " of them: " + sign +
                                              " says that there are more, but not where");
    }
    return query;
}

std::string doubt_of_end(const PageSigns& signs, const PagesRead& read) {
    // A "count" may be one of the page alone.
    const bool counted =
        signs.pages || (signs.total && !word_of(signs.total->name).ends_with("count"));
    if (signs.ends || signs.no_next || counted) {
        return "";
    }
    if (signs.marker) {
        return *signs.marker;
    }
    const bool full = signs.size && signs.size->value > 0 && read.items_here >= signs.size->value;
    return full ? says(*signs.size) : "";
}

} // namespace agent
