// Definitions: the webhooks as the simulated FindFace Lite server has them, and every version that
// it ever had, by which the ledger judges what the agent does.
#pragma once

#include "test/simulation/random.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace simulation {

inline constexpr int cameras = 4;
inline constexpr int targets = 5;

struct Version {
    int target = 0;
    std::vector<int> cameras; ///< empty: all
    unsigned send_attempts = 0;
    bool active = true;
    bool supported = true;

    [[nodiscard]] bool matches(int camera) const;
};

class Definitions {
  public:
    explicit Definitions(Random random) : random_{std::move(random)} {}

    void create() { add(any_version()); }
    /// Returns its key.
    std::string add(Version version);
    /// Of one that exists; nothing if there is none. Each returns its key.
    std::string change();
    std::string remove();
    void remove(const std::string& key) { now_.erase(std::stoi(key)); }

    /// In the server's order.
    [[nodiscard]] std::vector<nlohmann::json> list() const;
    [[nodiscard]] bool has(const std::string& key) const { return now_.contains(std::stoi(key)); }
    [[nodiscard]] std::size_t size() const { return now_.size(); }
    [[nodiscard]] std::vector<std::string> keys() const;
    /// Whether any version of the webhook matches an event of the camera.
    [[nodiscard]] bool ever_matched(const std::string& key, int camera) const;
    /// Whether each of its versions does.
    [[nodiscard]] bool always_matched(const std::string& key, int camera) const;
    /// The version that a name means. Names are never used twice.
    [[nodiscard]] const Version& version(const std::string& name) const {
        return versions_.at(name);
    }
    /// Of all versions the most; 0 if one of them has no limit.
    [[nodiscard]] unsigned most_attempts(const std::string& key) const;
    /// Of those that have a limit the least; 0 if none has.
    [[nodiscard]] unsigned least_attempts(const std::string& key) const;
    [[nodiscard]] bool was_removed(const std::string& key) const {
        return std::stoi(key) <= last_ && !has(key);
    }
    /// Every webhook is active and supported again.
    void heal();

  private:
    struct Webhook {
        int number = 0; ///< of its version
        Version version;
    };
    Version any_version();
    void note(int id, const Webhook& webhook);

    Random random_;
    int last_ = 0;
    std::map<int, Webhook> now_;
    std::map<std::string, Version> versions_;          ///< by name
    std::map<int, std::vector<std::string>> names_of_; ///< by webhook
};

} // namespace simulation
