// RandomFilters: random events, in every shape and with values that are odd or at the edges, and
// random filters that often match them. The same ones for the same seed.
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace test {

class RandomFilters {
  public:
    using Texts = std::vector<std::string>;

    explicit RandomFilters(std::uint32_t seed) : random_{seed} {}

    /// The text of an event, in a random mix of all shapes.
    std::string event();
    /// Valid: of one to six filters, or none.
    nlohmann::json filters();
    std::size_t below(std::size_t end) { return random_() % end; }
    bool chance(unsigned percent) { return below(100) < percent; }

    /// The filters that it makes.
    static const Texts& filter_names();
    /// The filters that are objects with a name and bounds, and their names as JSON.
    static const std::map<std::string, Texts>& feature_names();

  private:
    const std::string& one_of(const Texts& texts) { return texts[below(texts.size())]; }
    std::string object(Texts members);
    std::string odd(std::string text);
    void add(Texts& members, const Texts& keys, const Texts& values);
    void add_in_either_place(Texts& members);
    std::string id();
    std::string named(const std::string& value);
    std::string headpose();
    std::string liveness();
    std::string feature(const Texts& names);
    nlohmann::json value(const Texts& values) { return nlohmann::json::parse(one_of(values)); }
    nlohmann::json one_or_list(const Texts& values);
    void add_filter(nlohmann::json& all);
    nlohmann::json feature_filter(const Texts& names);

    std::mt19937 random_;
};

} // namespace test
