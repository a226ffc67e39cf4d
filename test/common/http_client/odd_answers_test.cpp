// Answers as servers, proxies and scripts send them that never read RFC 9112, each with what curl
// 7.88 made of it when the table was written: the status, and an exit code other than 0.
#include "common/base/file.hpp"
#include "common/http_client/response_body.hpp"
#include "common/http_client/response_head.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <random>

namespace {

using common::ResponseBody;
using common::ResponseHead;

/// What became of an answer whose connection was closed behind its last byte.
struct Read {
    unsigned status = 0;   ///< of the final response, once its head is over: an attempt has that
    bool reusable = false; ///< the connection, if it had not been closed
    std::string text;      ///< "200 body", or the fault where the body is wanted
    bool operator==(const Read&) const = default;
};

void PrintTo(const Read& read, std::ostream* out) {
    *out << read.status << (read.reusable ? " kept: " : ": ") << read.text;
}

/// As Exchange does it. `sizes` are those of the pieces that arrive, again and again.
Read read_answer(const std::string& bytes, const std::vector<std::size_t>& sizes) {
    Read result;
    std::string received;
    ResponseHead head;
    std::optional<ResponseBody> body;
    std::size_t at = 0;
    std::size_t turn = 0;
    const auto take = [&](bool end) {
        while (!body) {
            received.erase(0, head.put(received));
            if (end && !head.done() && head.fault().empty()) {
                head.put_end(received);
                received.clear();
            }
            if (!head.fault().empty() || !head.done() || head.status() == 101) {
                return;
            }
            if (head.status() >= 200) {
                body.emplace(head.framing(false), true, 64 * 1024);
                break;
            }
            head = ResponseHead{};
        }
        received.erase(0, body->put(received));
        if (end && !body->done() && body->fault().empty()) {
            body->put_end();
        }
    };
    while (at < bytes.size()) {
        const auto size = std::min(sizes[turn++ % sizes.size()], bytes.size() - at);
        received.append(bytes, at, size);
        at += size;
        take(false);
    }
    result.reusable =
        body && head.keeps_connection() && body->keeps_connection() && received.empty();
    take(true);
    result.status = body ? head.status() : 0;
    const auto fault = body ? body->fault() : head.fault();
    const auto status = std::to_string(head.status());
    result.text = !fault.empty() ? fault : body ? status + " " + body->text : status;
    return result;
}

std::string bytes_of(const nlohmann::json& parts) {
    std::string bytes;
    const auto add = [&bytes](const nlohmann::json& part, std::size_t times) {
        const auto one = part.get<std::string>();
        // JSON has no bytes: each character up to U+00FF stands for one.
        std::string narrow;
        for (std::size_t i = 0; i < one.size(); ++i) {
            const auto lead = static_cast<unsigned char>(one[i]);
            narrow += lead < 0x80U
                          ? one[i]
                          : static_cast<char>((lead & 0x3U) << 6U |
                                              (static_cast<unsigned char>(one[++i]) & 0x3fU));
        }
        for (std::size_t i = 0; i < times; ++i) {
            bytes += narrow;
        }
    };
    if (parts.is_string()) {
        add(parts, 1);
        return bytes;
    }
    for (const auto& part : parts) {
        part.is_string() ? add(part, 1) : add(part[1], part[0].get<std::size_t>());
    }
    return bytes;
}

nlohmann::json table() {
    return nlohmann::json::parse(*common::read_file(FFL_TEST_DATA "/odd_answers.json"));
}

bool is_success(unsigned status) {
    return status >= 200 && status < 300;
}

TEST(OddAnswers, CountAsCurlCountsThemOrForAReason) {
    const auto rows = table();
    EXPECT_GE(rows.size(), 200U);
    for (const auto& row : rows) {
        SCOPED_TRACE(row["name"]);
        const auto bytes = bytes_of(row["bytes"]);
        const auto read = read_answer(bytes, {bytes.size()});
        EXPECT_EQ(read.text, row["ours"].get<std::string>());
        const auto curl = row["curl"].get<std::string>();
        const bool curl_takes = curl.size() == 3 && curl[0] == '2';
        const auto why = row["why"].get<std::string>();
        EXPECT_EQ(is_success(read.status) != curl_takes, !why.empty())
            << read.status << ", curl " << curl << ", why: " << why;
    }
}

TEST(OddAnswers, DoNotDependOnHowTheyArrive) {
    for (const auto& row : table()) {
        const auto bytes = bytes_of(row["bytes"]);
        if (bytes.size() < 2'000) {
            SCOPED_TRACE(row["name"]);
            const auto whole = read_answer(bytes, {bytes.size()});
            EXPECT_EQ(read_answer(bytes, {1}), whole);
            EXPECT_EQ(read_answer(bytes, {3, 1, 7}), whole);
        }
    }
}

TEST(OddAnswers, NoneIsASuccessBeforeItsStatusLineIsWhole) {
    for (const auto& row : table()) {
        SCOPED_TRACE(row["name"]);
        const auto bytes = bytes_of(row["bytes"]);
        const auto end = std::min(bytes.find('\n'), bytes.size());
        for (std::size_t size = 0; size <= std::min<std::size_t>(end, 100); ++size) {
            EXPECT_EQ(read_answer(bytes.substr(0, size), {1}).status, 0U) << size;
        }
    }
}

TEST(OddAnswers, LeaveNoConnectionForTheNextRequest) {
    const std::string head = "HTTP/1.1 200 OK\r\n";
    const std::string length = "Content-Length: 2\r\n";
    const std::string chunked = "Transfer-Encoding: chunked\r\n";
    const std::string chunks = "2\r\nok\r\n0\r\n\r\n";
    for (const auto& kept :
         {head + length + "\r\nok", head + chunked + "\r\n" + chunks,
          "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n" + length + "\r\nok",
          "HTTP/1.1 200 \r\n" + length + "\r\nok", head + length + "X:\r\n\r\nok",
          "HTTP/1.1 100 Continue\r\n\r\n" + head + length + "\r\nok",
          head + chunked + "\r\n2;a=b\r\nok\r\n0\r\nX: y\r\n\r\n",
          std::string{"HTTP/1.1 204 No Content\r\n\r\n"}}) {
        EXPECT_TRUE(read_answer(kept, {kept.size()}).reusable) << kept;
    }
    for (const auto& closed :
         {"HTTP/1.1 200\r\n" + length + "\r\nok",
          "http/1.1 200 OK\r\n" + length + "\r\nok",
          "HTTP/1.1  200 OK\r\n" + length + "\r\nok",
          "HTTP/1.1 200OK\r\n" + length + "\r\nok",
          "HTTP/2 200 OK\r\n" + length + "\r\nok",
          "HTTP/1.1 200 OK\n" + length + "\r\nok",
          head + "nothing\r\n" + length + "\r\nok",
          head + "X : 1\r\n" + length + "\r\nok",
          head + "X: a\r\n b\r\n" + length + "\r\nok",
          head + "X: \x01\r\n" + length + "\r\nok",
          head + length + length + "\r\nok",
          head + length + "Content-Length: 1\r\n\r\nok",
          head + "Content-Length: 2, 2\r\n\r\nok",
          head + "Content-Length: +2\r\n\r\nok",
          head + chunked + length + "\r\n" + chunks,
          head + length + chunked + "\r\n" + chunks,
          "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + chunked + "\r\n" + chunks,
          head + chunked + chunked + "\r\n" + chunks,
          head + chunked + "\r\n2\nok\r\n0\r\n\r\n",
          head + chunked + "\r\n2 x\r\nok\r\n0\r\n\r\n",
          head + chunked + "\r\n2\r\nok\r\n0\r\nnothing\r\n\r\n",
          head + length + "\r\nok\r\n",
          head + "Connection: close\r\n" + length + "\r\nok",
          head + "Connection: x, Close\r\n" + length + "\r\nok",
          "HTTP/1.0 200 OK\r\n" + length + "\r\nok",
          head + "\r\n",
          "HTTP/1.1 204 No Content\r\n" + length + "\r\n",
          "HTTP/1.1 100 Continue\n\n" + head + "X\r\n" + length + "\r\nok"}) {
        EXPECT_FALSE(read_answer(closed, {closed.size()}).reusable) << closed;
    }
}

TEST(OddAnswers, AnyBytesAreReadTheSameInAnyPieces) {
    const auto rows = table();
    std::mt19937 random{20'240'817};
    const auto below = [&random](std::size_t bound) { return random() % bound; };
    constexpr std::string_view spice = "\r\n\t :;,0129afHTP/\0\x7f\xff-+"
                                       "chunked";
    for (int round = 0; round < 5'000; ++round) {
        auto bytes = bytes_of(rows[below(rows.size())]["bytes"]).substr(0, 400);
        for (auto changes = below(6); changes > 0 && !bytes.empty(); --changes) {
            const auto at = below(bytes.size());
            switch (below(4)) {
            case 0:
                bytes[at] = spice[below(spice.size())];
                break;
            case 1:
                bytes.insert(at, 1, spice[below(spice.size())]);
                break;
            case 2:
                bytes.erase(at, 1 + below(8));
                break;
            default:
                bytes += bytes.substr(at, below(40));
            }
        }
        const auto whole = read_answer(bytes, {std::max<std::size_t>(bytes.size(), 1)});
        ASSERT_EQ(read_answer(bytes, {1 + below(3), 1 + below(20)}), whole)
            << common::quoted_bytes(bytes);
        const bool broken_off = bytes.find('\n') == std::string::npos;
        ASSERT_FALSE(broken_off && whole.status != 0) << common::quoted_bytes(bytes);
        for (const char c : whole.status == 0 ? whole.text : std::string{}) {
            ASSERT_TRUE(static_cast<unsigned char>(c) >= ' ' && c != '\x7f') << whole.text;
        }
    }
}

TEST(OddAnswers, OnlyHeadersThatAreAllowedReachTheCaller) {
    ResponseHead head;
    const std::string bytes = "HTTP/1.1 200 OK\r\nA: 1\r\nB C: 2\r\nD: \x01\r\nE: x\r\n\ty\r\nF : "
                              "3\r\n: 4\r\nnothing\r\nG: \xe9\r\n\r\nmore";
    EXPECT_EQ(head.put(bytes), bytes.size() - 4);
    const common::Headers expected{{"A", "1"}, {"E", "x y"}, {"F", "3"}, {"G", "\xe9"}};
    EXPECT_EQ(head.headers, expected);
    std::string many = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 20'000; ++i) {
        many += "X: yyyyy\r\n";
    }
    ResponseHead bounded;
    EXPECT_EQ(bounded.put(many + "Content-Length: 2\r\n\r\n"), many.size() + 21);
    EXPECT_LT(bounded.headers.size() * sizeof(common::Header), 64'000U);
    EXPECT_EQ(bounded.framing(false).length, 2U); // also of one that was not kept
}

} // namespace
