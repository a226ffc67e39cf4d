#include "agent/store/first_page.hpp"

#include "agent/store/new_database.hpp"
#include "common/sqlite/wal_file.hpp"
#include "common/sqlite/wal_log.hpp"

#include <SQLiteCpp/Database.h>
#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>

namespace agent {

using common::Connection;
using common::usual_page;
namespace fs = std::filesystem;

bool first_page_fits(const std::string& path) {
    std::array<unsigned char, 100> header{};
    std::ifstream{path, std::ios::binary}.read(reinterpret_cast<char*>(header.data()),
                                               header.size());
    const auto number = [&](std::size_t at) {
        return std::uint32_t{header[at]} << 24U | std::uint32_t{header[at + 1]} << 16U |
               std::uint32_t{header[at + 2]} << 8U | std::uint32_t{header[at + 3]};
    };
    std::error_code error;
    constexpr std::uint32_t utf8 = 1;
    return header[16] * 256U + header[17] == usual_page && header[20] == 0 &&
           number(28) == fs::file_size(path, error) / usual_page && number(56) == utf8;
}

bool replace_first_page(const std::string& damaged, const std::string& copy, Connection& fresh,
                        const Progress& progress) {
    std::error_code error;
    if (fs::file_size(damaged, error) <= usual_page || error) {
        return false;
    }
    if (damaged != copy) {
        if (auto copied = common::copy_database(damaged, copy,
                                                [&] {
                                                    if (progress) {
                                                        progress("copying the damaged file");
                                                    }
                                                });
            !copied) {
            throw CannotWrite{copied.error().message};
        }
    }
    fresh.handle().exec("PRAGMA wal_checkpoint(TRUNCATE)");
    std::string page(usual_page, '\0');
    std::ifstream{fresh.path(), std::ios::binary}.read(page.data(), usual_page);
    const auto pages = static_cast<std::uint32_t>(fs::file_size(copy, error) / usual_page);
    for (std::size_t i = 0; i < 4; ++i) {
        // The size of the database in pages, big-endian.
        page[28 + i] = static_cast<char>(pages >> (24 - 8 * i));
    }
    std::fstream file{copy, std::ios::binary | std::ios::in | std::ios::out};
    file.write(page.data(), usual_page);
    file.close();
    if (!file) {
        throw CannotWrite{"cannot write " + copy};
    }
    return true;
}

} // namespace agent
