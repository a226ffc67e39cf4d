#include "common/net/reply_hints.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

TEST(ReplyHints, ShowWhereARedirectPointsWithoutSecrets) {
    const std::pair<std::string, std::string> rows[] = {
        {"https://Other.example:8443/v1/webhooks", "https://other.example:8443/v1/webhooks"},
        {"/v1/webhooks", "/v1/webhooks"},
        {"../login", "../login"},
        {"//other/x", "//other/x"},
        {"https://me:hush@other/login?token=hush#hush", "https://other/login?..."},
        {"//me:hush@other/login?a=hush", "//other/login?..."},
        {"ftp://me:hu@sh@other/x@y", "ftp://other/x@y"},
        {"https://me:hush@bad host/x", "https://bad%20host/x"},
        {"/a b\x1b[2J\xd0\xbf", "/a%20b%1B[2J%D0%BF"},
        {"  /x ", "/x"},
        {"?page=2", "?..."},
        {"/" + std::string(300, 'a'), "/" + std::string(199, 'a') + "..."}};
    for (const auto& [location, shown] : rows) {
        EXPECT_EQ(shown_location({{"location", location}}), shown);
    }
    EXPECT_EQ(shown_location({}), "");
}

TEST(ReplyHints, NameTheSchemesThatAreAskedFor) {
    const std::pair<Headers, std::string> rows[] = {
        {{}, ""},
        {{{"WWW-Authenticate", "Bearer"}}, "Bearer"},
        {{{"www-authenticate", R"(Basic realm="a, \"Digest b\"", charset="UTF-8")"}}, "Basic"},
        {{{"WWW-Authenticate", R"(Digest realm="x", nonce="y", Basic realm="z")"}},
         "Digest, Basic"},
        {{{"WWW-Authenticate", "Negotiate"}, {"WWW-Authenticate", "NTLM abc=="}},
         "Negotiate, NTLM"},
        {{{"WWW-Authenticate", "Basic"}, {"WWW-Authenticate", "Basic realm=2"}}, "Basic"},
        {{{"WWW-Authenticate", R"(realm="only")"}}, ""},
        {{{"WWW-Authenticate", "\x1b[2J, , " + std::string(40, 'x')}}, ""}};
    for (const auto& [headers, schemes] : rows) {
        EXPECT_EQ(asked_schemes(headers), schemes);
    }
}

} // namespace
} // namespace common
