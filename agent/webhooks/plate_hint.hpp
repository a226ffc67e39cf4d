// PlateHint: explains how two plates differ that look the same. Plates are written in Latin and in
// look-alike Cyrillic letters, and filters compare exactly. Pure.
#pragma once

#include <string>
#include <string_view>

namespace agent {

/// How two plates (UTF-8) differ, if they differ only in look-alike letters, in case, or in spaces
/// and hyphens: "the plates differ only in look-alike letters (found А is U+0410 CYRILLIC, wanted A
/// is U+0041 LATIN)". Otherwise, or if they are equal, empty.
std::string plate_hint(std::string_view wanted, std::string_view found);

} // namespace agent
