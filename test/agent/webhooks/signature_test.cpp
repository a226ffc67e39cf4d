// Standard Webhooks 1.0: the example of its specification, rotation, and what a receiver refuses.
#include "agent/webhooks/signature.hpp"

#include "common/base/crypto.hpp"

#include <gtest/gtest.h>

namespace agent {
namespace {

const std::string key =
    common::from_base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").value(); // of the specification
const SignedParts example{"msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", R"({"test": 2432232314})"};
constexpr std::int64_t then = 1'614'265'330;

TEST(Signature, IsTheOneOfTheSpecification) {
    EXPECT_EQ(sign({key}, example), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    EXPECT_EQ(sign({}, example), "");
}

TEST(Signature, IsJudged) {
    const auto good = sign({key}, example);
    struct Row {
        const char* name;
        std::vector<std::string> keys;
        std::string signature;
        std::int64_t now_s;
        SignatureVerdict verdict;
    };
    for (const auto& row : {
             Row{"right", {key}, good, then, SignatureVerdict::good},
             Row{"one of two keys", {"other", key}, good, then, SignatureVerdict::good},
             Row{"one of two signatures",
                 {key},
                 sign({"new", key}, example),
                 then,
                 SignatureVerdict::good},
             Row{"another version first", {key}, "v1a,xyz " + good, then, SignatureVerdict::good},
             Row{"five minutes late", {key}, good, then + 300, SignatureVerdict::good},
             Row{"more", {key}, good, then + 301, SignatureVerdict::outdated},
             Row{"early", {key}, good, then - 301, SignatureVerdict::outdated},
             Row{"another key", {"other"}, good, then, SignatureVerdict::wrong},
             Row{"no version", {key}, good.substr(3), then, SignatureVerdict::wrong},
             Row{"cut", {key}, good.substr(0, good.size() - 1), then, SignatureVerdict::wrong},
             Row{"blanks", {key}, "  ", then, SignatureVerdict::wrong},
             Row{"none", {key}, "", then, SignatureVerdict::missing},
         }) {
        EXPECT_EQ(judge_signature(row.keys, example, row.signature, row.now_s), row.verdict)
            << row.name;
    }
    for (const auto* timestamp : {"soon", "-9223372036854775808", "9223372036854775807"}) {
        const SignedParts parts{example.id, timestamp, example.body};
        EXPECT_EQ(judge_signature({key}, parts, sign({key}, parts), then),
                  SignatureVerdict::outdated)
            << timestamp;
    }
    EXPECT_EQ(judge_signature({key}, {example.id, example.timestamp, "{}"}, good, then),
              SignatureVerdict::wrong);
}

} // namespace
} // namespace agent
