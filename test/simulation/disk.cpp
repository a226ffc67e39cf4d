#include "test/simulation/disk.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace simulation {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t sector = 512;
constexpr std::size_t page = 4096;

Disk* the_disk = nullptr;

std::string content_of(const std::string& path) {
    std::error_code absent;
    const auto size = fs::file_size(path, absent);
    std::string content(absent ? 0 : size, '\0');
    std::ifstream{path, std::ios::binary}.read(content.data(),
                                               static_cast<std::streamsize>(content.size()));
    return content;
}

/// In memory if possible: thousands of boards write here.
std::string new_folder() {
    const fs::path memory{"/dev/shm"};
    std::error_code error;
    const auto base = fs::is_directory(memory, error) ? memory : fs::temp_directory_path();
    std::string name = (base / "ffl-simulation-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error{"cannot create " + name};
    }
    return name;
}

} // namespace

Disk* disk() {
    return the_disk;
}

Disk::Disk(Random random) : random_{std::move(random)}, folder_{new_folder()} {
    the_disk = this;
}

Disk::~Disk() {
    the_disk = nullptr;
    clean_up();
}

void Disk::clean_up() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

bool Disk::holds(const char* path) const {
    const std::string_view name{path};
    return name.starts_with(folder_) &&
           (name.size() == folder_.size() || name[folder_.size()] == '/');
}

bool Disk::simulated(const std::string& path) {
    return !path.ends_with("-shm") && !path.ends_with("-lock");
}

std::uint64_t Disk::used() const {
    std::uint64_t bytes = 0;
    for (const auto& [name, file] : names_) {
        bytes += file->size;
    }
    return bytes;
}

void Disk::apply(std::string& content, const Change& change) {
    if (change.truncates) {
        content.resize(static_cast<std::size_t>(change.at), '\0');
        return;
    }
    const auto at = static_cast<std::size_t>(change.at);
    if (content.size() < at + change.bytes.size()) {
        content.resize(at + change.bytes.size(), '\0');
    }
    content.replace(at, change.bytes.size(), change.bytes);
}

void Disk::apply(Names& names, const NameChange& change) {
    if (!change.from.empty()) {
        names.erase(change.from);
    }
    if (!change.to.empty()) {
        names[change.to] = change.file;
    }
}

void Disk::die(Death how) {
    if (dead_) {
        return;
    }
    how_ = how;
    left_ = how == Death::power ? after_power_cut() : as_they_are();
    dead_ = true;
    dies_at_ = 0;
}

void Disk::die_after(std::uint64_t calls, Death how) {
    how_ = how;
    dies_at_ = calls_ + calls + 1;
}

void Disk::count_down() {
    ++calls_;
    if (calls_ == dies_at_) {
        die(how_);
    }
}

/// Any of its sectors.
void Disk::apply_some(std::string& content, const Change& change) {
    for (std::size_t at = 0; at < change.bytes.size();) {
        const auto start = static_cast<std::size_t>(change.at) + at;
        const auto size = std::min(sector - start % sector, change.bytes.size() - at);
        if (random_.chance(0.5)) {
            apply(content, {static_cast<std::int64_t>(start), change.bytes.substr(at, size)});
        }
        at += size;
    }
}

/// A sync has failed. As on Linux what it has not written counts as clean from now on: the process
/// goes on to see it, and no later sync writes it.
void Disk::lose_some(File& file) {
    for (const auto& change : file.pending) {
        if (change.truncates) {
            apply(file.durable, change);
        } else {
            const auto end = static_cast<std::size_t>(change.at) + change.bytes.size();
            file.durable.resize(std::max(file.durable.size(), end), '\0');
            apply_some(file.durable, change);
        }
    }
    file.pending.clear();
}

/// Each sector has any of the contents that it was given since the last sync, and the file any of
/// the lengths.
std::string Disk::torn(const File& file) {
    std::string content = file.durable;
    const auto mode = random_.below(4);
    const auto kept = mode == 0   ? 0
                      : mode == 1 ? file.pending.size()
                                  : random_.below(file.pending.size() + 1);
    for (std::size_t i = 0; i < file.pending.size(); ++i) {
        const auto& change = file.pending[i];
        if (mode < 3) { // a prefix, the last one torn
            if (i < kept) {
                apply(content, change);
            }
            if (i != kept || change.truncates) {
                continue;
            }
        } else if (change.truncates) {
            if (random_.chance(0.5)) {
                apply(content, change);
            }
            continue;
        }
        apply_some(content, change);
    }
    return content;
}

std::map<std::string, std::string> Disk::after_power_cut() {
    auto names = durable_names_;
    const auto kept = random_.below(name_changes_.size() + 1);
    for (std::size_t i = 0; i < kept; ++i) {
        apply(names, name_changes_[i]);
    }
    std::map<std::string, std::string> left;
    for (const auto& [name, file] : names) {
        left[name] = torn(*file);
    }
    return left;
}

std::map<std::string, std::string> Disk::as_they_are() const {
    std::map<std::string, std::string> left;
    for (const auto& [name, file] : names_) {
        left[name] = content_of(name);
    }
    return left;
}

void Disk::restore() {
    if (!dead_) {
        return;
    }
    for (const auto& entry : fs::directory_iterator{folder_}) {
        fs::remove(entry.path());
    }
    for (const auto& [name, content] : left_) {
        std::ofstream{name, std::ios::binary} << content;
    }
    if (how_ == Death::power) {
        const auto before = std::exchange(names_, {});
        for (const auto& [name, content] : left_) {
            const auto found = before.find(name);
            auto file = found == before.end() ? std::make_shared<File>() : found->second;
            *file = File{content, {}, content.size()};
            names_[name] = std::move(file);
        }
        durable_names_ = names_;
        name_changes_.clear();
    }
    open_.clear();
    files_.clear();
    left_.clear();
    dead_ = false;
}

void Disk::settle() {
    for (const auto& [name, file] : names_) {
        *file = {content_of(name), {}, file->size};
    }
    durable_names_ = names_;
    name_changes_.clear();
}

std::string Disk::file_to_damage() {
    std::vector<std::string> found;
    for (const auto& [name, file] : names_) {
        if ((name.ends_with(".db") || name.ends_with("-wal")) && file->size > 0) {
            found.push_back(name.substr(folder_.size() + 1));
        }
    }
    return found.empty() ? "" : random_.one_of(found);
}

void Disk::overwrite(const std::string& name, std::size_t at, const std::string& bytes) {
    const auto path = folder_ + "/" + name;
    auto& file = *names_.at(path);
    auto content = content_of(path);
    content.replace(at, bytes.size(), bytes);
    std::ofstream{path, std::ios::binary | std::ios::in | std::ios::out}
        .seekp(static_cast<std::streamoff>(at))
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.durable = std::move(content);
    file.pending.clear();
}

void Disk::resize(const std::string& name, std::size_t size) {
    const auto path = folder_ + "/" + name;
    fs::resize_file(path, size);
    *names_.at(path) = {content_of(path), {}, size};
}

void Disk::remove(const std::string& name) {
    const auto path = folder_ + "/" + name;
    fs::remove(path);
    names_.erase(path);
    durable_names_.erase(path);
}

void Disk::put(const std::string& name, const std::string& bytes) {
    const auto path = folder_ + "/" + name;
    remove(name);
    std::ofstream{path, std::ios::binary} << bytes;
    names_[path] = durable_names_[path] = std::make_shared<File>(File{bytes, {}, bytes.size()});
}

bool Disk::flip_bit() {
    const auto name = file_to_damage();
    if (name.empty()) {
        return false;
    }
    const auto content = content_of(folder_ + "/" + name);
    const auto at = random_.below(content.size());
    const auto bit = static_cast<unsigned>(random_.below(8));
    const auto flipped = static_cast<char>(static_cast<unsigned char>(content[at]) ^ (1U << bit));
    overwrite(name, at, std::string(1, flipped));
    return true;
}

void Disk::choose_bad_sector() {
    const auto found = names_.find(folder_ + "/agent.db");
    bad_file_ = found == names_.end() ? nullptr : found->second;
    bad_at_ = static_cast<std::int64_t>(random_.below(16) * page);
}

bool Disk::spoil_page() {
    const auto database = folder_ + "/agent.db";
    if (!names_.contains(database) || names_[database]->size < page) {
        return false;
    }
    const auto at = random_.below(names_[database]->size / page) * page;
    overwrite("agent.db", at, std::string(page, static_cast<char>(random_.below(256))));
    return true;
}

} // namespace simulation
