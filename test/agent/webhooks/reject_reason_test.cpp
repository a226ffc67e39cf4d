#include "agent/webhooks/reject_reason.hpp"

#include <gtest/gtest.h>
#include <set>

namespace agent {
namespace {

TEST(RejectReason, IsThatOfTheAnswersStatus) {
    const std::pair<unsigned, std::string_view> table[]{
        {400, "invalid"},   {401, "unauthorized"}, {403, "forbidden"}, {421, "forbidden"},
        {508, "forbidden"}, {408, "timeout"},      {413, "too_large"}, {415, "media_type"},
        {503, "busy"},      {404, "other"},        {500, "other"}};
    for (const auto& [status, wanted] : table) {
        EXPECT_EQ(to_string(reject_reason_of(status)), wanted) << status;
    }
}

TEST(RejectReason, HasAWordOfItsOwn) {
    std::set<std::string_view> words;
    for (std::size_t i = 0; i < reject_reasons; ++i) {
        const auto word = to_string(static_cast<RejectReason>(i));
        EXPECT_FALSE(word.empty()) << i;
        EXPECT_TRUE(words.insert(word).second) << word;
    }
    EXPECT_EQ(to_string(RejectReason::no_definitions), "no_definitions");
    EXPECT_EQ(to_string(RejectReason::other), "other");
}

} // namespace
} // namespace agent
