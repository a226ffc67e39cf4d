// Whether a text is one of a few. Pure.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace common {

/// `all`: a range of string views, also in braces.
template <class Range = std::initializer_list<std::string_view>>
bool is_one_of(std::string_view text, const Range& all) {
    return std::ranges::find(all, text) != std::ranges::end(all);
}

} // namespace common
