// PageSigns: what one page of a list says about the rest of it. Servers say it in many ways: a
// link, a total, a number of pages, a flag. A list is whole only when none of them says otherwise,
// for what is missing from a list that is taken for whole counts as removed. Pure.
#pragma once

#include "common/base/result.hpp"
#include "common/net/http.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace agent {

struct PageSigns {
    /// A number under the name that the server gave it.
    struct Number {
        std::string name;
        std::uint64_t value = 0;
    };
    std::optional<std::string> next;   ///< a link to the next page: a URL, absolute or relative
    std::optional<std::string> more;   ///< says that more follows: "has_more = true"
    std::optional<std::string> cursor; ///< the same by a cursor, which only its server can follow
    std::optional<Number> total; ///< items in the whole list; the largest if there are several
    std::optional<Number> pages; ///< pages of the whole list
    std::optional<Number> page, offset; ///< where this page stands
    std::optional<Number> size;         ///< items on a full page
    bool ends = false;                  ///< says that nothing follows: "has_more": false
    bool no_next = false;               ///< has a link to the next page, and that is empty
    /// A cursor of which it is not known whether it is the next page's: "after = "abc"".
    std::optional<std::string> marker;
};

/// Reads the envelope (a bare array has none) and the headers Link, X-Total-Count and their like.
/// Error (Fault::input): a link of the wrong kind.
common::Result<PageSigns> read_page_signs(const nlohmann::json& envelope,
                                          const common::Headers& headers);

/// How much of the list has been read, this page included.
struct PagesRead {
    std::uint64_t items = 0, pages = 1;
    std::uint64_t items_here = 0; ///< on this page
};

/// The reference (URL or query) to the page after this one; empty when the list is whole. Error
/// (Fault::input): the page says that there is more, but not where.
common::Result<std::string> next_page(const PageSigns& signs, const PagesRead& read);

/// Why the list may go on after its last page, though nothing says that it does: the page is full,
/// or has a cursor. Empty if there is no reason to think so. What such a list lacks is removed only
/// if the server says so of each webhook.
std::string doubt_of_end(const PageSigns& signs, const PagesRead& read);

} // namespace agent
