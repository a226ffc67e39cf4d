#include "common/net/status_phrase.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

TEST(StatusPhrase, IsTheOneOfRfc9110) {
    const std::pair<unsigned, const char*> rows[] = {
        {100, "Continue"},
        {200, "OK"},
        {204, "No Content"},
        {404, "Not Found"},
        {413, "Content Too Large"}, // "Payload Too Large" until RFC 9110
        {422, "Unprocessable Content"},
        {431, "Request Header Fields Too Large"},
        {503, "Service Unavailable"},
        {511, "Network Authentication Required"},
    };
    for (const auto& [status, phrase] : rows) {
        EXPECT_EQ(status_phrase(status), phrase) << status;
    }
}

TEST(StatusPhrase, IsEmptyForAnUnregisteredStatus) {
    for (const unsigned status : {0U, 99U, 299U, 306U, 418U, 430U, 510U, 599U, 999U, 65'536U}) {
        EXPECT_EQ(status_phrase(status), "") << status;
    }
}

} // namespace
} // namespace common
