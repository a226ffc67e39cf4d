#include "common/text/json_names.hpp"

#include "common/text/json.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

namespace common {

namespace {

using nlohmann::json;

class Names {
  public:
    bool null() { return true; }
    bool boolean(bool) { return true; }
    bool number_integer(std::int64_t) { return true; }
    bool number_unsigned(std::uint64_t) { return true; }
    bool number_float(double, const std::string&) { return true; }
    bool string(std::string&) { return true; }
    bool binary(json::binary_t&) { return true; }
    bool key(std::string& name) {
        if (objects_.back().insert(name).second) {
            return true;
        }
        repeated = shown(json(name));
        return false;
    }
    bool start_object(std::size_t) {
        objects_.emplace_back();
        return true;
    }
    bool end_object() {
        objects_.pop_back();
        return true;
    }
    bool start_array(std::size_t) { return true; }
    bool end_array() { return true; }
    bool parse_error(std::size_t, const std::string&, const json::exception&) { return false; }

    std::optional<std::string> repeated;

  private:
    std::vector<std::set<std::string>> objects_; ///< the names of each object that is open
};

} // namespace

std::optional<std::string> repeated_name(std::string_view text) {
    Names names;
    json::sax_parse(text.begin(), text.end(), &names);
    return std::move(names.repeated);
}

} // namespace common
