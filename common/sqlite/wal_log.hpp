// WalLog: the frames of SQLite's write-ahead log as they stand in its file, also those that SQLite
// passes over, and which of them can be believed (https://sqlite.org/fileformat2.html#walformat).
#pragma once

#include "common/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace common {

inline constexpr std::size_t usual_page = 4096; ///< bytes of a database's pages

/// How a log is laid out, as its header says.
struct WalLayout {
    std::size_t page_size = usual_page;
    bool big = false; ///< checksums are of big-endian words
    /// With its header.
    [[nodiscard]] std::size_t frame_bytes() const;
    /// Where the page of a frame begins in the file; they count from 0.
    [[nodiscard]] std::uint64_t data_of(std::size_t frame) const;
};

struct WalFrame {
    std::uint32_t page = 0;
    std::uint32_t pages_after = 0; ///< not 0: the transaction ends here
    bool good = false;             ///< its page can be believed
    bool own = false;              ///< it bears this generation's salt, be it good or not
    bool seen = false;             ///< SQLite reads it: no frame before it stops SQLite
    [[nodiscard]] bool ends() const { return pages_after != 0 && (good || own); }
};

/// The frames of the log's present generation: those after its last restart.
struct WalLog {
    WalLayout layout;
    bool header_good = false;
    bool ends_with_file = false; ///< the last frame does
    bool shifted = false;        ///< frames follow that do not begin where frames do
    std::vector<WalFrame> frames;
    /// How many are good.
    [[nodiscard]] std::size_t good() const;
    /// Frames up to the last end of a transaction. A faulty frame that ends one is believed if
    /// another transaction ends after it: that was begun only once this one was complete.
    [[nodiscard]] std::size_t committed() const;
};

/// Empty if there is no file, or none that has a header. Errors: Fault::storage when it cannot be
/// read.
Result<WalLog> read_log(const std::string& path);

} // namespace common
