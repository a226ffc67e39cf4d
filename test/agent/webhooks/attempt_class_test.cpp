#include "agent/webhooks/attempt_class.hpp"

#include <gtest/gtest.h>

namespace agent {
namespace {

TEST(AttemptClass, IsThatOfTheAnswersStatus) {
    const struct {
        unsigned status;
        std::string_view wanted;
    } table[]{{200, "2xx"}, {204, "2xx"},   {301, "3xx"},  {400, "4xx"}, {408, "4xx"},
              {410, "4xx"}, {429, "429"},   {500, "5xx"},  {503, "5xx"}, {599, "5xx"},
              {0, "other"}, {600, "other"}, {999, "other"}};
    for (const auto& [status, wanted] : table) {
        EXPECT_EQ(to_string(attempt_class_of(common::HttpReply{status, {}, {}})), wanted) << status;
    }
}

TEST(AttemptClass, IsWhatKeptTheAnswerAway) {
    using common::Cause;
    const std::pair<Cause, std::string_view> table[]{
        {Cause::denied, "denied"}, {Cause::name, "dns"},        {Cause::connection, "connect"},
        {Cause::tls, "tls"},       {Cause::timeout, "timeout"}, {Cause::other, "other"}};
    for (const auto& [cause, wanted] : table) {
        const common::Result<common::HttpReply> failed =
            common::fail(common::Error{common::Fault::unreachable, "x", cause});
        EXPECT_EQ(to_string(attempt_class_of(failed)), wanted);
    }
}

} // namespace
} // namespace agent
