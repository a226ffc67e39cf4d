#include "agent/webhooks/page_signs.hpp"

#include "common/base/ascii.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace agent {

namespace {

using common::Fault;
using common::Result;
using nlohmann::json;

// Names as plain() makes them: "total_count", "totalCount" and "Total-Count" are one.
constexpr std::array<std::string_view, 16> containers{
    "meta",       "metadata", "pagination", "paging",   "paginator", "page",
    "pageinfo",   "pages",    "links",      "info",     "cursor",    "cursors",
    "navigation", "listmeta", "range",      "resultset"};
constexpr std::array<std::string_view, 9> link_names{"nextpage",      "next",        "nexturl",
                                                     "nextlink",      "nextpageurl", "nextpagelink",
                                                     "odatanextlink", "odatanext",   "nexthref"};
constexpr std::array<std::string_view, 8> cursor_names{
    "nextcursor", "nextpagetoken", "nexttoken",      "continuationtoken",
    "continue",   "nextoffset",    "nextpagecursor", "nextmarker"};
constexpr std::array<std::string_view, 16> more_names{
    "hasnext",     "hasmore",      "hasnextpage",       "hasmorepages", "more",
    "morepages",   "hasmoreitems", "moreavailable",     "moreresults",  "truncated",
    "istruncated", "incomplete",   "incompleteresults", "partial",      "ispartial",
    "remaining"};
constexpr std::array<std::string_view, 4> last_names{"last", "islast", "lastpage", "islastpage"};
constexpr std::array<std::string_view, 20> total_names{
    "total",         "count",         "totalcount",   "totalitems", "totalresults",
    "totalelements", "totalsize",     "totalrecords", "totalhits",  "totalrows",
    "totalnumber",   "totalwebhooks", "itemstotal",   "itemcount",  "itemscount",
    "resultcount",   "recordcount",   "recordstotal", "numfound",   "numresults"};
constexpr std::array<std::string_view, 8> pages_names{"pages",    "totalpages",   "pagecount",
                                                      "numpages", "pagestotal",   "pagescount",
                                                      "lastpage", "numberofpages"};
constexpr std::array<std::string_view, 5> page_names{"page", "currentpage", "pagenumber", "pageno",
                                                     "pagenum"};
constexpr std::array<std::string_view, 3> offset_names{"offset", "skip", "start"};
constexpr std::array<std::string_view, 5> size_names{"size", "pagesize", "perpage", "limit",
                                                     "take"};

template <std::size_t N>
bool one_of(const std::array<std::string_view, N>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// Empty for a name that no server gives to a sign: names become part of messages and queries.
std::string plain(std::string_view name) {
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

/// A number that counts something; some servers write it as a string, and -1 for unknown.
std::optional<std::uint64_t> number_in(const json& value) {
    if (value.is_string()) {
        return digits(value.get_ref<const std::string&>());
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
        return {};
    }
    const auto* url = &value;
    if (value.is_object()) {
        for (const auto* key : {"href", "url"}) {
            if (const auto at = value.find(key); at != value.end()) {
                url = &*at;
                if (empty(*url)) {
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
    const bool last = value.is_boolean() && one_of(last_names, word);
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
        if (auto read = read_sign(signs, plain(name), key, value); !read) {
            return read;
        }
    }
    return {};
}

Result<void> read_sign(PageSigns& signs, std::string_view container, const std::string& name,
                       const json& value) {
    const auto word = plain(name);
    const bool in_cursor = container.starts_with("cursor");
    if (value.is_structured() && one_of(containers, word)) {
        return read_container(signs, name, value);
    }
    if (one_of(link_names, word) && !in_cursor) {
        return read_link(signs, name, value);
    }
    if (one_of(cursor_names, word) || (in_cursor && word == "next")) {
        // Only its server knows what to do with it.
        if (!empty(value)) {
            signs.cursor = name + " = " + common::shown(value);
        }
    } else if (one_of(more_names, word) || (value.is_boolean() && one_of(last_names, word))) {
        read_flag(signs, name, word, value);
    } else if (one_of(pages_names, word)) {
        keep(signs.pages, name, value);
    } else if (one_of(total_names, word)) {
        keep(signs.total, name, value);
    } else if (one_of(page_names, word)) {
        keep(signs.page, name, value);
    } else if (one_of(offset_names, word)) {
        keep(signs.offset, name, value);
    } else if (one_of(size_names, word)) {
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

void read_headers(PageSigns& signs, const common::Headers& headers) {
    for (const auto& [name, value] : headers) {
        const auto word = plain(name);
        const auto text = std::string{common::trim(value)};
        if (word == "link" && !signs.next) {
            signs.next = linked_next(text);
        } else if (word == "xtotalcount" || word == "xtotal" || word == "totalcount" ||
                   word == "xpaginationtotalcount") {
            keep(signs.total, name, text);
        } else if (word == "contentrange" && text.rfind('/') != std::string::npos) {
            keep(signs.total, name, text.substr(text.rfind('/') + 1));
        } else if (word == "xtotalpages" || word == "xpaginationpagecount") {
            keep(signs.pages, name, text);
        } else if (word == "xnextpage" && digits(text) && !signs.next) {
            signs.next = "?page=" + text;
        }
    }
}

/// The query of the page after this one, made of the page's own numbers; empty without them.
std::string following(const PageSigns& signs, std::uint64_t items_here) {
    std::string query;
    if (signs.page) {
        const auto word = plain(signs.page->name);
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

/// The sign that says that more was not read, in words; empty if there is none.
std::string sign_of_more(const PageSigns& signs, const PagesRead& read) {
    const auto says = [](const PageSigns::Number& number) {
        return number.name + " = " + std::to_string(number.value);
    };
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
    read_headers(signs, headers);
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

} // namespace agent
