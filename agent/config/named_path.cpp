#include "agent/config/named_path.hpp"

#include "common/base/file.hpp"

namespace agent {

namespace {

/// "~", "~/x" and "~pi/x" of a shell, "%S/x" of systemd, "${STATE}/x" and "$STATE/x" of both.
bool wants_replacing(const std::string& value) {
    const bool specifier =
        value.size() > 1 && value[0] == '%' && (value.size() == 2 || value[2] == '/');
    return specifier || value.starts_with('~') || value.starts_with('$') ||
           value.find("/$") != std::string::npos || value.find("${") != std::string::npos;
}

} // namespace

common::Result<std::string> path_of(const std::string& value, const std::filesystem::path& folder) {
    // Taken as it is, it would name another file, and advice about that one would make it worse.
    if (wants_replacing(value)) {
        return common::fail(common::Fault::config,
                            "expected the path itself: variables, ~ and % are not replaced here");
    }
    return value.empty() ? value : (folder / value).lexically_normal().string();
}

std::string without_link(const std::string& path) {
    std::error_code absent;
    return std::filesystem::is_symlink(path, absent) ? common::without_links(path) : path;
}

} // namespace agent
