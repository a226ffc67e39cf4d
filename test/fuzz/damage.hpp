// Damage to a file as a fuzzer's bytes describe it, so that most of the file stays sound: random
// bytes alone would only ever be rejected by the first check.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

/// Where the file was changed.
struct Change {
    std::size_t begin = 0, end = 0;
};

/// Each five bytes are one change: what, in which block, where in it (two bytes), and a value. A
/// block is `block` bytes; the first begins after `header` bytes, which block 0 is.
std::vector<Change> damage(std::string& file, std::string_view bytes, std::size_t block,
                           std::size_t header);

} // namespace fuzz
