#include "common/http_server/reader.hpp"

#include "test/common/http_server/bad_requests.hpp"

#include <gtest/gtest.h>
#include <random>

namespace {

using common::http_server::RequestReader;
using Progress = RequestReader::Progress;

/// Feeds `bytes` in pieces of `size` until the request is complete or malformed, or the bytes are
/// used up.
Progress feed(RequestReader& reader, std::string_view bytes, std::size_t size) {
    std::string held;
    auto progress = Progress::need_more;
    while (!bytes.empty()) {
        const auto piece = bytes.substr(0, size);
        bytes.remove_prefix(piece.size());
        held += piece;
        do {
            std::size_t used = 0;
            progress = reader.feed(held, used);
            EXPECT_LE(used, held.size());
            held.erase(0, used);
            if (progress == Progress::malformed || progress == Progress::complete ||
                reader.complete()) {
                return progress == Progress::malformed ? progress : Progress::complete;
            }
        } while (progress == Progress::head && !held.empty());
    }
    return progress;
}

TEST(RequestReader, RefusesTheSameWhateverPiecesItArrivesIn) {
    for (const auto& bad : test::bad_requests()) {
        for (const std::size_t size :
             {std::size_t{1}, std::size_t{7}, std::size_t{1024}, bad.bytes.size()}) {
            SCOPED_TRACE(bad.name + std::string{" in pieces of "} + std::to_string(size));
            RequestReader reader;
            reader.begin(1024, false);
            ASSERT_EQ(feed(reader, bad.bytes, size), Progress::malformed);
            EXPECT_EQ(reader.refusal().status, bad.status);
            EXPECT_NE(reader.refusal().body.find(bad.says), std::string::npos)
                << reader.refusal().body;
        }
    }
}

struct GoodRequest {
    const char* name;
    std::string bytes;
    std::string method, path, query, body;
    bool keep_alive = true;
};

class GoodRequests : public testing::TestWithParam<GoodRequest> {};

TEST_P(GoodRequests, AreReadTheSameWhateverPiecesTheyArriveIn) {
    const auto& good = GetParam();
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{3}, std::size_t{64}, good.bytes.size()}) {
        SCOPED_TRACE(size);
        RequestReader reader;
        reader.begin(64, true);
        ASSERT_EQ(feed(reader, good.bytes, size), Progress::complete);
        const auto& request = reader.request();
        EXPECT_EQ(request.method, good.method);
        EXPECT_EQ(request.path, good.path);
        EXPECT_EQ(request.query, good.query);
        EXPECT_EQ(request.body, good.body);
        EXPECT_EQ(reader.keep_alive(), good.keep_alive);
        EXPECT_FALSE(reader.too_large());
        EXPECT_TRUE(request.local);
    }
}

const std::string chunked = "POST / HTTP/1.1\r\nHost: x\r\ntransfer-encoding: Chunked\r\n\r\n";

INSTANTIATE_TEST_SUITE_P(
    Table, GoodRequests,
    testing::Values(
        GoodRequest{"get", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "GET", "/", "", ""},
        GoodRequest{"empty_host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET", "/", "", ""},
        GoodRequest{"ipv6_host", "GET / HTTP/1.1\r\nHost: [::1]:8093\r\n\r\n", "GET", "/", "", ""},
        GoodRequest{"query", "GET /a/b?c=d&e=%66?g HTTP/1.1\r\nHost: x\r\n\r\n", "GET", "/a/b",
                    "c=d&e=%66?g", ""},
        GoodRequest{"empty_query", "GET /a? HTTP/1.1\r\nHost: x\r\n\r\n", "GET", "/a", "", ""},
        GoodRequest{"escapes", "GET /%7Ea%2fb+c%C3%A4 HTTP/1.1\r\nHost: x\r\n\r\n", "GET",
                    "/~a/b+c\xc3\xa4", "", ""},
        GoodRequest{"absolute",
                    "GET http://example.com:80/a?b HTTP/1.1\r\nHost: example.com\r\n\r\n", "GET",
                    "/a", "b", ""},
        GoodRequest{"absolute_upper_case",
                    "GET HTTPS://example.com/a HTTP/1.1\r\nHost: example.com\r\n\r\n", "GET", "/a",
                    "", ""},
        GoodRequest{"absolute_without_path",
                    "GET http://example.com?b HTTP/1.1\r\nHost: example.com\r\n\r\n", "GET", "/",
                    "b", ""},
        GoodRequest{"star", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "OPTIONS", "*", "", ""},
        GoodRequest{"unknown_method", "BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n", "BREW", "/pot", "",
                    ""},
        GoodRequest{"head", "HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n", "GET", "/a", "", ""},
        GoodRequest{"close", "GET / HTTP/1.1\r\nHost: x\r\nConnection: foo, Close\r\n\r\n", "GET",
                    "/", "", "", false},
        GoodRequest{"old", "GET / HTTP/1.0\r\n\r\n", "GET", "/", "", "", false},
        GoodRequest{"old_keep_alive", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET",
                    "/", "", ""},
        GoodRequest{"body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", "POST",
                    "/", "", "abc"},
        GoodRequest{"no_body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "POST",
                    "/", "", ""},
        GoodRequest{"leading_zeros", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 003\r\n\r\nabc",
                    "POST", "/", "", "abc"},
        GoodRequest{"chunks", chunked + "3\r\nabc\r\n00A;x=\"y\"\r\n0123456789\r\n0\r\n\r\n",
                    "POST", "/", "", "abc0123456789"},
        GoodRequest{"no_chunks", chunked + "0\r\n\r\n", "POST", "/", "", ""},
        GoodRequest{"trailers", chunked + "1\r\na\r\n0\r\nHost: y\r\nExpect: z\r\nX: y\r\n\r\n",
                    "POST", "/", "", "a"},
        GoodRequest{"white_space", "GET / HTTP/1.1\r\nHost:  x \t\r\nX-A:\tb c \r\n\r\n", "GET",
                    "/", "", ""}),
    [](const auto& one) { return one.param.name; });

// Fixed seed: the same requests each time. How a request is cut must not change what is read.
TEST(RequestReader, ReadsDamagedRequestsTheSameWhateverPiecesTheyArriveIn) {
    std::mt19937 random{1}; // NOLINT(cert-msc51-cpp)
    const auto below = [&](std::size_t bound) {
        return static_cast<std::size_t>(random()) % bound;
    };
    const std::string alphabet{"\0\t\n\r\r\n :;,/%?#\x7f\xff"
                               "0aAfGPx-",
                               24};
    std::vector<std::string> seeds{
        chunked + "3\r\nabc\r\n00A;x=\"y\"\r\n0123456789\r\n0\r\nX: y\r\n\r\n",
        chunked + "1\r\na\r\n0\r\n\r\n",
        "POST /a%20b?c HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
        "GET http://x/ HTTP/1.0\r\nConnection: keep-alive\r\nX-A: b\r\n\r\n"};
    unsigned whole = 0;
    for (int round = 0; round < 10'000; ++round) {
        auto bytes = seeds[below(seeds.size())];
        for (auto changes = below(3); changes != 0; --changes) {
            const auto at = below(bytes.size());
            switch (below(3)) {
            case 0:
                bytes[at] = alphabet[below(alphabet.size())];
                break;
            case 1:
                bytes.insert(at, 1, alphabet[below(alphabet.size())]);
                break;
            default:
                bytes.erase(at, 1 + below(3));
                break;
            }
        }
        bytes += "GET / "; // a line is checked once it is complete
        RequestReader at_once, piecemeal;
        at_once.begin(64, false);
        piecemeal.begin(64, false);
        const auto progress = feed(at_once, bytes, bytes.size());
        ASSERT_EQ(feed(piecemeal, bytes, 1 + below(9)), progress) << bytes;
        if (progress == Progress::complete) {
            ++whole;
            ASSERT_EQ(piecemeal.request().path, at_once.request().path) << bytes;
            ASSERT_EQ(piecemeal.request().body, at_once.request().body) << bytes;
        } else if (progress == Progress::malformed) {
            ASSERT_EQ(piecemeal.refusal().body, at_once.refusal().body) << bytes;
        }
    }
    EXPECT_GT(whole, 1'000U);
}

TEST(RequestReader, RefusesAChunkWithoutItsEndWhateverPiecesItArrivesIn) {
    const auto bytes = chunked + "1\r\na0: y";
    for (const std::size_t piece : {std::size_t{1}, bytes.size()}) {
        RequestReader reader;
        reader.begin(64, false);
        EXPECT_EQ(feed(reader, bytes, piece), Progress::malformed) << piece;
    }
}

TEST(RequestReader, TakesTheDataOfAChunkAsItArrives) {
    RequestReader reader;
    reader.begin(64, false);
    EXPECT_EQ(feed(reader, chunked + "3\r\n00", 1), Progress::need_more);
    EXPECT_EQ(reader.request().body, "00");
}

TEST(RequestReader, KeepsNoMoreOfABodyThanIsAllowed) {
    for (const std::string& framing :
         {"Content-Length: 65\r\n\r\n" + std::string(65, 'a'),
          "Transfer-Encoding: chunked\r\n\r\n20\r\n" + std::string(32, 'a') + "\r\n21\r\n" +
              std::string(33, 'b') + "\r\n0\r\n\r\n"}) {
        SCOPED_TRACE(framing);
        RequestReader reader;
        reader.begin(64, false);
        EXPECT_EQ(feed(reader, "POST / HTTP/1.1\r\nHost: x\r\n" + framing, 5), Progress::complete);
        EXPECT_TRUE(reader.too_large());
        EXPECT_TRUE(reader.request().body.empty());
    }
}

TEST(RequestReader, GivesTheMemoryOfADiscardedBodyBack) {
    RequestReader reader;
    reader.begin(1 << 20, false);
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n";
    feed(reader, head + std::string(400'000, 'x'), 10'000);
    EXPECT_EQ(reader.request().body.size(), 400'000U);
    reader.discard();
    EXPECT_LT(reader.request().body.capacity(), 1'000U);
}

TEST(RequestReader, KeepsABodyOfExactlyTheLimit) {
    RequestReader reader;
    reader.begin(64, false);
    EXPECT_EQ(
        feed(reader,
             "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 64\r\n\r\n" + std::string(64, 'a'), 5),
        Progress::complete);
    EXPECT_FALSE(reader.too_large());
    EXPECT_EQ(reader.request().body.size(), 64U);
}

TEST(RequestReader, LeavesTheNextRequestAlone) {
    const std::string first = "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
    const std::string both = first + "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n";
    RequestReader reader;
    reader.begin(64, false);
    std::size_t head = 0, body = 0;
    EXPECT_EQ(reader.feed(both, head), Progress::head);
    EXPECT_EQ(reader.feed(std::string_view{both}.substr(head), body), Progress::complete);
    EXPECT_EQ(head + body, first.size());
}

TEST(RequestReader, AcceptsAHeadOfExactlyTheLimit) {
    const std::string start = "GET / HTTP/1.1\r\nHost: x\r\nX: ";
    const auto padded = [&](std::size_t size) {
        return start + std::string(size - start.size() - 4, 'a') + "\r\n\r\n";
    };
    RequestReader reader;
    reader.begin(64, false);
    EXPECT_EQ(feed(reader, padded(RequestReader::max_head), 1000), Progress::complete);
    reader.begin(64, false);
    EXPECT_EQ(feed(reader, padded(RequestReader::max_head + 1), 1000), Progress::malformed);
    EXPECT_EQ(reader.refusal().status, 431U);
}

} // namespace
