#include "test/simulation/definitions.hpp"

#include <algorithm>

namespace simulation {

using nlohmann::json;

bool Version::matches(int camera) const {
    return cameras.empty() || std::ranges::find(cameras, camera) != cameras.end();
}

Version Definitions::any_version() {
    Version version;
    version.target = static_cast<int>(random_.below(targets));
    for (int camera = 1; camera <= simulation::cameras; ++camera) {
        if (random_.chance(0.4)) {
            version.cameras.push_back(camera);
        }
    }
    const std::vector<unsigned> attempts{0, 0, 1, 3, 10};
    version.send_attempts = random_.one_of(attempts);
    version.active = !random_.chance(0.1);
    version.supported = !random_.chance(0.05);
    return version;
}

void Definitions::note(int id, const Webhook& webhook) {
    const auto name = "w" + std::to_string(id) + "v" + std::to_string(webhook.number);
    versions_[name] = webhook.version;
    names_of_[id].push_back(name);
}

std::string Definitions::add(Version version) {
    auto& webhook = now_[++last_];
    webhook.version = std::move(version);
    note(last_, webhook);
    return std::to_string(last_);
}

std::string Definitions::change() {
    if (now_.empty()) {
        return {};
    }
    const auto changed = std::next(now_.begin(), static_cast<long>(random_.below(now_.size())));
    ++changed->second.number;
    changed->second.version = any_version();
    note(changed->first, changed->second);
    return std::to_string(changed->first);
}

std::string Definitions::remove() {
    if (now_.empty()) {
        return {};
    }
    const auto removed = std::next(now_.begin(), static_cast<long>(random_.below(now_.size())));
    const auto key = std::to_string(removed->first);
    now_.erase(removed);
    return key;
}

void Definitions::heal() {
    for (auto& [id, webhook] : now_) {
        if (!webhook.version.active || !webhook.version.supported) {
            ++webhook.number;
            webhook.version.active = webhook.version.supported = true;
            note(id, webhook);
        }
    }
}

std::vector<json> Definitions::list() const {
    std::vector<json> found;
    for (const auto& [id, webhook] : now_) {
        const auto& version = webhook.version;
        json filters = json::object();
        if (!version.cameras.empty()) {
            filters["camera_in"] = version.cameras;
        }
        if (!version.supported) {
            filters["weather_in"] = {"rain"};
        }
        found.push_back({{"id", id},
                         {"name", names_of_.at(id).back()},
                         {"target", "http://target" + std::to_string(version.target) + ".example/" +
                                        std::to_string(id)},
                         {"active", version.active},
                         {"send_attempts", version.send_attempts},
                         {"filters", filters}});
    }
    return found;
}

std::vector<std::string> Definitions::keys() const {
    std::vector<std::string> keys;
    for (const auto& entry : now_) {
        keys.push_back(std::to_string(entry.first));
    }
    return keys;
}

bool Definitions::ever_matched(const std::string& key, int camera) const {
    const auto found = names_of_.find(std::stoi(key));
    return found != names_of_.end() &&
           std::ranges::any_of(found->second, [&](const std::string& name) {
               const auto& version = versions_.at(name);
               return version.supported && version.active && version.matches(camera);
           });
}

bool Definitions::always_matched(const std::string& key, int camera) const {
    return std::ranges::all_of(names_of_.at(std::stoi(key)), [&](const std::string& name) {
        const auto& version = versions_.at(name);
        return version.supported && version.active && version.matches(camera);
    });
}

unsigned Definitions::most_attempts(const std::string& key) const {
    unsigned most = 0;
    for (const auto& name : names_of_.at(std::stoi(key))) {
        const auto attempts = versions_.at(name).send_attempts;
        if (attempts == 0) {
            return 0;
        }
        most = std::max(most, attempts);
    }
    return most;
}

unsigned Definitions::least_attempts(const std::string& key) const {
    unsigned least = 0;
    for (const auto& name : names_of_.at(std::stoi(key))) {
        const auto attempts = versions_.at(name).send_attempts;
        least = attempts == 0 ? least : least == 0 ? attempts : std::min(least, attempts);
    }
    return least;
}

} // namespace simulation
