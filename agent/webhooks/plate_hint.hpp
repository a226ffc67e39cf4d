// PlateHint: two plates that look the same and are not. Plates come in Latin and in look-alike
// Cyrillic letters; filters compare exactly, so people need to be shown the difference. Pure.
#pragma once

#include <string>
#include <string_view>

namespace agent {

/// How two unequal plates (UTF-8) differ, if only in look-alike letters, in case, or in spaces and
/// hyphens: "the plates differ only in look-alike letters (found А is U+0410 CYRILLIC, wanted A is
/// U+0041 LATIN)". Otherwise empty.
std::string plate_hint(std::string_view wanted, std::string_view found);

} // namespace agent
