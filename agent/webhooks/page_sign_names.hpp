// The names that servers give to what a page says about the rest of its list, in lower case and
// without separators: "total_count", "totalCount" and "Total-Count" are one. Pure.
#pragma once

#include <array>
#include <string_view>

namespace agent::page_sign_names {

inline constexpr std::array<std::string_view, 16> containers{
    "meta",       "metadata", "pagination", "paging",   "paginator", "page",
    "pageinfo",   "pages",    "links",      "info",     "cursor",    "cursors",
    "navigation", "listmeta", "range",      "resultset"};
inline constexpr std::array<std::string_view, 9> link_names{
    "nextpage",     "next",          "nexturl",   "nextlink", "nextpageurl",
    "nextpagelink", "odatanextlink", "odatanext", "nexthref"};
inline constexpr std::array<std::string_view, 8> cursor_names{
    "nextcursor", "nextpagetoken", "nexttoken",      "continuationtoken",
    "continue",   "nextoffset",    "nextpagecursor", "nextmarker"};
inline constexpr std::array<std::string_view, 7> marker_names{
    "cursor", "after", "endcursor", "marker", "pagetoken", "scrollid", "lastkey"};
inline constexpr std::array<std::string_view, 16> more_names{
    "hasnext",     "hasmore",      "hasnextpage",       "hasmorepages", "more",
    "morepages",   "hasmoreitems", "moreavailable",     "moreresults",  "truncated",
    "istruncated", "incomplete",   "incompleteresults", "partial",      "ispartial",
    "remaining"};
inline constexpr std::array<std::string_view, 4> last_names{"last", "islast", "lastpage",
                                                            "islastpage"};
inline constexpr std::array<std::string_view, 20> total_names{
    "total",         "count",         "totalcount",   "totalitems", "totalresults",
    "totalelements", "totalsize",     "totalrecords", "totalhits",  "totalrows",
    "totalnumber",   "totalwebhooks", "itemstotal",   "itemcount",  "itemscount",
    "resultcount",   "recordcount",   "recordstotal", "numfound",   "numresults"};
inline constexpr std::array<std::string_view, 8> pages_names{
    "pages",      "totalpages", "pagecount", "numpages",
    "pagestotal", "pagescount", "lastpage",  "numberofpages"};
inline constexpr std::array<std::string_view, 5> page_names{"page", "currentpage", "pagenumber",
                                                            "pageno", "pagenum"};
inline constexpr std::array<std::string_view, 3> offset_names{"offset", "skip", "start"};
inline constexpr std::array<std::string_view, 5> size_names{"size", "pagesize", "perpage", "limit",
                                                            "take"};

} // namespace agent::page_sign_names
