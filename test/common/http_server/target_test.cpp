#include "common/http_server/target.hpp"

#include <gtest/gtest.h>

namespace common::http_server {
namespace {

TEST(Target, IsTakenApart) {
    struct Row {
        const char* text;
        const char* path;
        const char* query;
        const char* authority = "";
    };
    for (const auto& row :
         {Row{"/", "/", ""}, Row{"/a/b?c=d&e=%66?g", "/a/b", "c=d&e=%66?g"}, Row{"/a?", "/a", ""},
          Row{"/?a", "/", "a"}, Row{"/%7Ea%2fb+c", "/~a/b+c", ""}, Row{"//evil/a", "//evil/a", ""},
          Row{"http://host:80/a?b", "/a", "b", "host:80"}, Row{"HTTPS://host/a", "/a", "", "host"},
          Row{"http://host", "/", "", "host"}, Row{"http://u@[::1]?b", "/", "b", "u@[::1]"}}) {
        SCOPED_TRACE(row.text);
        const auto target = parse_target(row.text, "GET");
        ASSERT_TRUE(target) << target.error().message;
        EXPECT_EQ(target->path, row.path);
        EXPECT_EQ(target->query, row.query);
        EXPECT_EQ(target->authority, row.authority);
    }
}

TEST(Target, OfOptionsMayBeAStar) {
    const auto star = parse_target("*", "OPTIONS");
    ASSERT_TRUE(star);
    EXPECT_EQ(star->path, "*");
    EXPECT_FALSE(parse_target("*", "GET"));
    EXPECT_FALSE(parse_target("*?a", "OPTIONS"));
}

TEST(Target, ThatIsMalformedIsRefusedWithAReason) {
    const std::pair<const char*, const char*> rows[] = {
        {"", "the request target must be a path that begins with /"},
        {"index.html", "the request target must be a path that begins with /"},
        {"host:443", "the request target must be a path that begins with /"},
        {"ftp://x/y", "the request target must be a path that begins with /"},
        {"?a", "the request target must be a path that begins with /"},
        {"http:///a", "the request target must name a host after http://"},
        {"/a#b", "the request target must not contain #"},
        {"/a?b#c", "the request target must not contain #"},
        {"/a%2", "in the request path, each % must be followed by two hexadecimal digits"},
        {"/%zz", "in the request path, each % must be followed by two hexadecimal digits"},
        {"/a%00b", "the request path must not contain a zero byte"},
    };
    for (const auto& [text, says] : rows) {
        const auto target = parse_target(text, "GET");
        ASSERT_FALSE(target) << text;
        EXPECT_EQ(target.error().fault, Fault::input) << text;
        EXPECT_EQ(target.error().message, says) << text;
    }
}

} // namespace
} // namespace common::http_server
