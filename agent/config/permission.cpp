#include "agent/config/permission.hpp"

#include <algorithm>
#include <filesystem>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace agent {

namespace {

namespace fs = std::filesystem;

constexpr uid_t first_person = 1000; // below are services (adduser.conf, login.defs)

/// What keeps this user out: the first folder on the way that cannot be entered, else the path.
fs::path obstacle(const fs::path& path) {
    fs::path here;
    for (const auto& part : fs::absolute(path).parent_path()) {
        here /= part;
        if (::access(here.c_str(), X_OK) != 0) {
            return here;
        }
    }
    return path;
}

bool in_group_now(gid_t group) {
    std::vector<gid_t> groups(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
    const auto count = ::getgroups(static_cast<int>(groups.size()), groups.data());
    groups.resize(static_cast<std::size_t>(std::max(count, 0)));
    return ::getegid() == group || std::ranges::find(groups, group) != groups.end();
}

bool is_listed(const group& members, const std::string& user) {
    for (char** name = members.gr_mem; name != nullptr && *name != nullptr; ++name) {
        if (user == *name) {
            return true;
        }
    }
    return false;
}

} // namespace

std::string user_name(unsigned user) {
    const auto* entry = ::getpwuid(user);
    return entry != nullptr ? entry->pw_name : "#" + std::to_string(user);
}

std::string user_name() {
    return user_name(::geteuid());
}

std::string permission_advice(const std::string& path) {
    const auto what = obstacle(path);
    const auto me = user_name();
    const bool service = ::geteuid() < first_person;
    struct stat there {};
    if (::stat(what.c_str(), &there) != 0) {
        return service ? "let " + me + " read it" : "run it with sudo";
    }
    const mode_t wanted = S_ISDIR(there.st_mode)    ? S_IXGRP
                          : S_ISSOCK(there.st_mode) ? S_IRGRP | S_IWGRP
                                                    : S_IRGRP;
    if (service) {
        return S_ISDIR(there.st_mode)
                   ? me + " may not enter " + what.string() +
                         ": keep the file in a folder that it may enter, such as /etc/ffl-agent"
                   : "let " + me + " read it: chgrp " + me + " " + what.string() +
                         " && chmod 640 " + what.string();
    }
    const auto* group = ::getgrgid(there.st_gid);
    if (there.st_gid == 0 || group == nullptr || (there.st_mode & wanted) != wanted ||
        in_group_now(there.st_gid)) {
        return "run it with sudo";
    }
    const std::string name = group->gr_name;
    return is_listed(*group, me)
               ? me + " has joined the group " + name + " since this login: log in again"
               : "run it with sudo, or join the group " + name + " (sudo adduser " + me + " " +
                     name + ", then log in again)";
}

} // namespace agent
