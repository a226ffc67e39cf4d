#include "common/net/masked_url.hpp"

#include "common/net/url.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

TEST(MaskedUrl, ShowsNoValueOfAQuery) {
    const std::pair<const char*, const char*> rows[] = {
        {"", ""},           {"a=1", "a=***"},
        {"key", "***"},     {"a=1&b=2;c=3", "a=***&b=***;c=***"},
        {"a=", "a="},       {"a=b=c", "a=***"},
        {"=x", "=***"},     {"&&a=%20&", "&&a=***&"},
        {"a=***", "a=***"}, {"a=1?b=2", "a=***"},
    };
    for (const auto& [query, masked] : rows) {
        EXPECT_EQ(masked_query(query), masked) << query;
        EXPECT_EQ(masked_query(masked), masked) << query;
        const auto url =
            parse_url(std::string{"http://u:hush@h/p"} + (*query != 0 ? "?" : "") + query);
        ASSERT_TRUE(url) << query;
        EXPECT_EQ(url->shown(), std::string{"http://h/p"} + (*query != 0 ? "?" : "") + masked);
    }
    EXPECT_EQ(parse_url("http://h?token=hush#part=hush").value_or(Url{}).shown(),
              "http://h/?token=***");
}

TEST(MaskedUrl, KnowsAQueryThatWasCopiedFromWhereItWasShown) {
    for (const auto* copied : {"http://h/?a=***", "http://h/?***", "http://h/?a=***&b=***#x"}) {
        EXPECT_TRUE(has_masked_query(copied)) << copied;
    }
    for (const auto* real : {"http://h/", "http://h/?", "http://h/?a=1", "http://h/?a=x***",
                             "http://h/?a=", "http://h/***", "http://h/?a=1&b=***", ""}) {
        EXPECT_FALSE(has_masked_query(real)) << real;
    }
}

TEST(MaskedUrl, KnowsALoginThatWasCopiedFromWhereItWasShown) {
    const std::pair<const char*, const char*> rows[] = {
        {"http://h/p", "http://***@h/p"}, {"h", "***@h"}, {"", "***@"}};
    for (const auto& [shown, masked] : rows) {
        EXPECT_EQ(with_masked_login(shown), masked);
        EXPECT_TRUE(has_masked_login(masked)) << masked;
        EXPECT_FALSE(has_masked_login(shown)) << shown;
    }
    for (const auto* real : {"http://u:p@h/", "http://u***@h/", "http://u:***@h/", "http://***/",
                             "http://h/***@x", "http://h/?a=***@"}) {
        EXPECT_FALSE(has_masked_login(real)) << real;
    }
}

TEST(MaskedUrl, ShowsNoSecretOfATextThatIsNoUrl) {
    const std::pair<const char*, const char*> rows[] = {
        {"", ""},
        {"door", "door"},
        {"http:/host/x", "http:/host/x"},
        {"ftp://user:hush@host/x?key=hush#hush", "ftp://host/x?key=***"},
        {"http://u:hu/sh@host:x/", "http://host:x/"},
        {"http://u:hu?sh@host:x/", "http://host:x/"},
        {"http://u:hu#sh@host:x/", "http://host:x/"},
        {"user:hush@host", "host"},
    };
    for (const auto& [text, shown] : rows) {
        EXPECT_EQ(masked_text(text), shown);
        EXPECT_EQ(may_have_login(text), std::string_view{text}.find('@') != std::string_view::npos);
    }
}

} // namespace
} // namespace common
