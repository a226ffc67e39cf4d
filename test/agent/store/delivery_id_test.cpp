#include "agent/store/delivery_id.hpp"

#include <gtest/gtest.h>
#include <limits>

namespace {

using agent::parse_delivery;
using agent::shown_delivery;

TEST(DeliveryId, IsShownAsEventAndPlace) {
    const struct {
        std::int64_t id;
        const char* shown;
    } table[] = {
        {65'536, "1.0"},
        {65'537, "1.1"},
        {131'071, "1.65535"},
        {131'072, "2.0"},
        {118'095'873, "1802.1"},
        {65'536'000'015, "1000000.15"},
        {std::numeric_limits<std::int64_t>::max() - 65'536, "140737488355326.65535"},
    };
    for (const auto& [id, shown] : table) {
        EXPECT_EQ(shown_delivery(id), shown);
        EXPECT_EQ(parse_delivery(shown), id) << shown;
        EXPECT_EQ(parse_delivery(std::to_string(id)), id) << "the number is taken too";
    }
}

TEST(DeliveryId, IsUnknownBeyondAllIds) {
    for (const auto* text :
         {"0", "0.0", "1.65536", "1.99999999999999999999", "140737488355327.0",
          "9223372036854775807", "99999999999999999999", "99999999999999999999.1"}) {
        EXPECT_EQ(parse_delivery(text), 0) << text;
    }
}

TEST(DeliveryId, RefusesWhatIsNone) {
    for (const auto* text : {"", ".", "1.", ".1", "1.2.3", "-1", "+1", "1.-2", "1. 2", " 1", "1 ",
                             "0x10", "1e3", "1,2", "twelve", "#1", "1.x"}) {
        EXPECT_EQ(parse_delivery(text), std::nullopt) << text;
    }
}

} // namespace
