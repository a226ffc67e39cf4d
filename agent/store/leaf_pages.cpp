#include "agent/store/leaf_pages.hpp"

#include "common/sqlite/wal_log.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>

namespace agent {

using common::usual_page;

namespace {

constexpr std::size_t pages_per_call = 256; // of progress
constexpr char table_leaf = 0x0d;
constexpr std::size_t header_of_leaf = 8;
constexpr std::size_t columns = 5;       // of event
constexpr std::size_t fresh_columns = 6; // of fresh_event: one more at the end

/// Reads numbers from bytes; past the end it yields zeros and is not good any more.
class Bytes {
  public:
    explicit Bytes(std::string_view bytes) : bytes_{bytes} {}
    [[nodiscard]] bool good() const { return good_; }
    [[nodiscard]] std::size_t at() const { return at_; }

    std::uint64_t big_endian(std::uint64_t size) {
        std::uint64_t number = 0;
        for (const char one : take(size)) {
            number = number << 8U | static_cast<unsigned char>(one);
        }
        return number;
    }
    std::uint64_t varint() {
        std::uint64_t number = 0;
        for (int i = 0; i < 8; ++i) {
            const auto byte = big_endian(1);
            number = number << 7U | (byte & 0x7fU);
            if ((byte & 0x80U) == 0) {
                return number;
            }
        }
        return number << 8U | big_endian(1);
    }
    /// `size` is a number from the file: also where a size_t has 32 bits it may have 64.
    std::string_view take(std::uint64_t size) {
        if (size > bytes_.size() - at_) {
            good_ = false;
            return {};
        }
        const auto begin = at_;
        at_ += static_cast<std::size_t>(size);
        return bytes_.substr(begin, at_ - begin);
    }

  private:
    std::string_view bytes_;
    std::size_t at_ = 0;
    bool good_ = true;
};

std::optional<std::int64_t> read_integer(Bytes& from, std::uint64_t type) {
    constexpr std::array<unsigned, 7> sizes{0, 1, 2, 3, 4, 6, 8};
    if (type == 8 || type == 9) {
        return static_cast<std::int64_t>(type - 8);
    }
    if (type < 1 || type > 6) {
        return std::nullopt;
    }
    const auto size = sizes[static_cast<std::size_t>(type)];
    const auto unused = 64 - 8 * size;
    return static_cast<std::int64_t>(from.big_endian(size) << unused) >> unused;
}

/// The bytes of a text or a blob; nothing if the type is another one.
std::optional<std::string> read_bytes(Bytes& from, std::uint64_t type) {
    return type < 12 ? std::nullopt : std::optional{std::string{from.take((type - 12) / 2)}};
}

bool is_text(std::uint64_t type) {
    return type >= 13 && type % 2 == 1;
}

/// The columns id (which is null, for it is the row's key), event_id, given, accepted_at, body, and
/// of a fresh event webhooks.
std::optional<StoredEvent> event_of(std::int64_t id, std::string_view record) {
    Bytes header{record};
    const auto header_bytes = header.varint();
    std::array<std::uint64_t, fresh_columns> types{};
    for (std::size_t i = 0; i < fresh_columns && (i < columns || header.at() < header_bytes); ++i) {
        types[i] = header.varint();
    }
    const bool fresh = types[columns] != 0;
    if (!header.good() || header.at() != header_bytes || types[0] != 0 || !is_text(types[1]) ||
        (fresh && !is_text(types[columns]))) {
        return std::nullopt;
    }
    Bytes values{record.substr(header.at())};
    const auto event_id = read_bytes(values, types[1]);
    const auto given = read_integer(values, types[2]);
    const auto accepted_at = read_integer(values, types[3]);
    const auto body = read_bytes(values, types[4]);
    const auto webhooks = fresh ? read_bytes(values, types[columns]) : "";
    if (!values.good() || values.at() != record.size() - header_bytes || !event_id || !given ||
        !accepted_at || !body || !webhooks) {
        return std::nullopt;
    }
    return StoredEvent{id, *event_id, *given != 0, *accepted_at, *body, *webhooks};
}

class PageFile {
  public:
    explicit PageFile(const std::string& path) : file_{path, std::ios::binary} {
        std::error_code absent;
        const auto bytes = std::filesystem::file_size(path, absent);
        pages_ = absent ? 0 : bytes / usual_page;
    }
    [[nodiscard]] std::uint64_t pages() const { return pages_; }

    /// Pages count from 1.
    std::optional<std::string> page(std::uint64_t number) {
        std::string bytes(usual_page, '\0');
        file_.clear();
        file_.seekg(static_cast<std::streamoff>((number - 1) * usual_page));
        if (number == 0 || number > pages_ || !file_.read(bytes.data(), usual_page)) {
            return std::nullopt;
        }
        return bytes;
    }

    /// Whether the database does not use the page any more, as far as can be told: what lies on it
    /// was deleted (https://sqlite.org/fileformat2.html#pointer_map_or_ptrmap_pages).
    bool is_free(std::uint64_t number) {
        constexpr std::uint64_t entry_bytes = 5;
        constexpr std::uint64_t entries = usual_page / entry_bytes;
        constexpr char free_page = 2;
        const auto group = (number - 2) / (entries + 1);
        const auto map = 2 + group * (entries + 1);
        if (map != map_number_) {
            map_number_ = map;
            map_ = page(map).value_or("");
        }
        const auto at = (number - map - 1) * entry_bytes;
        return number > map && at < map_.size() && map_[static_cast<std::size_t>(at)] == free_page;
    }

    /// The whole record of a cell, of which the page has only the beginning if it is long.
    std::optional<std::string> record(Bytes& cell, std::uint64_t size) {
        constexpr std::uint64_t most = usual_page - 35;
        constexpr std::uint64_t least = (usual_page - 12) * 32 / 255 - 23;
        constexpr std::uint64_t per_overflow = usual_page - 4;
        if (size <= most) {
            return std::string{cell.take(size)};
        }
        if (size > pages_ * usual_page) {
            return std::nullopt;
        }
        const auto best = least + (size - least) % per_overflow;
        std::string found{cell.take(best <= most ? best : least)};
        for (auto next = cell.big_endian(4); cell.good() && found.size() < size;) {
            const auto bytes = page(next);
            if (!bytes) {
                return std::nullopt;
            }
            Bytes overflow{*bytes};
            next = overflow.big_endian(4);
            found += overflow.take(std::min(per_overflow, size - found.size()));
        }
        return found;
    }

  private:
    std::ifstream file_;
    std::uint64_t pages_ = 0;
    std::uint64_t map_number_ = 0;
    std::string map_;
};

} // namespace

void read_event_pages(const std::string& path, const Progress& progress,
                      const std::function<void(const StoredEvent&)>& each) {
    PageFile file{path};
    for (std::uint64_t number = 2; number <= file.pages(); ++number) {
        if (progress && number % pages_per_call == 0) {
            progress("reading pages");
        }
        const auto page = file.page(number);
        if (!page || page->front() != table_leaf || file.is_free(number)) {
            continue;
        }
        Bytes header{std::string_view{*page}.substr(3)};
        const auto cells = header.big_endian(2);
        Bytes pointers{std::string_view{*page}.substr(header_of_leaf)};
        for (std::uint64_t i = 0; i < cells; ++i) {
            const auto at = pointers.big_endian(2);
            if (!pointers.good() || at < header_of_leaf || at >= usual_page) {
                continue;
            }
            Bytes cell{std::string_view{*page}.substr(static_cast<std::size_t>(at))};
            const auto size = cell.varint();
            const auto id = static_cast<std::int64_t>(cell.varint());
            const auto record = file.record(cell, size);
            if (!cell.good() || !record) {
                continue;
            }
            if (const auto row = event_of(id, *record)) {
                each(*row);
            }
        }
    }
}

} // namespace agent
