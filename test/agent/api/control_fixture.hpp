// ControlTest: control behind the router, with deliveries in the queue.
#pragma once

#include "test/agent/api/api_fixture.hpp"

#include <set>
#include <string>
#include <vector>

namespace test {

struct ControlTest : Api {
    static std::set<std::string> keys(const Json& object) {
        std::set<std::string> names;
        for (const auto& [name, value] : object.items()) {
            names.insert(name);
        }
        return names;
    }
    /// Posts n car events, one after the other, and returns the ids of their deliveries.
    std::vector<std::int64_t> fill(int n) {
        const auto before = handed_on.size();
        for (int i = 0; i < n; ++i) {
            EXPECT_EQ(post(R"({"type":"car","n":)" + std::to_string(++filled) + "}").status, 202U);
        }
        std::vector<std::int64_t> ids;
        for (auto i = before; i < handed_on.size(); ++i) {
            ids.push_back(handed_on[i].id);
        }
        return ids;
    }
    std::string webhook_path(std::int64_t id, const char* tail = "") {
        return "/v1/deliveries/" + std::to_string(id) + tail;
    }
    static std::vector<std::int64_t> ids_in(const Json& page) {
        std::vector<std::int64_t> ids;
        for (const auto& row : page["deliveries"]) {
            ids.push_back(row["id"].get<std::int64_t>());
        }
        return ids;
    }
    int filled = 0;
};

} // namespace test
