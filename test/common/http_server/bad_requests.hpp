// Requests that must be refused, each with the status and the reason of its refusal. Some are cut
// off on purpose: the part that arrived is enough to refuse them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace test {

struct BadRequest {
    const char* name;
    std::string bytes;
    unsigned status;
    const char* says; ///< part of the refusal's detail
};

inline std::vector<BadRequest> bad_requests() {
    using namespace std::string_literals;
    const std::string host = "Host: x\r\n";
    const std::string chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    return {
        // Request lines.
        {"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, 400,
         "this is not an HTTP request"},
        {"binary", "\0\0\0\0"s, 400, "this is not an HTTP request"},
        {"json", "{\"type\":\"face\"}\r\n\r\n", 400, "this is not an HTTP request"},
        {"no method", " / HTTP/1.1\r\n" + host + "\r\n", 400, "this is not an HTTP request"},
        {"method with a colon", "G:T / HTTP/1.1\r\n" + host + "\r\n", 400,
         "must begin with a method and one space"},
        {"no target", "GET HTTP/1.1\r\n" + host + "\r\n", 400,
         "must be a method, a target and the HTTP version"},
        {"two spaces", "GET  / HTTP/1.1\r\n" + host + "\r\n", 400,
         "must be a method, a target and the HTTP version"},
        {"tab for a space", "GET\t/ HTTP/1.1\r\n" + host + "\r\n", 400,
         "must begin with a method and one space"},
        {"space in the target", "GET /a b HTTP/1.1\r\n" + host + "\r\n", 400,
         "must end with HTTP/1.1"},
        {"no version", "GET /\r\n" + host + "\r\n", 400,
         "must be a method, a target and the HTTP version"},
        {"not HTTP", "GET / FTP/1.1\r\n" + host + "\r\n", 400, "must end with HTTP/1.1"},
        {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505,
         "expected HTTP/1.1 or HTTP/1.0"},
        {"HTTP/3.9", "GET / HTTP/3.9\r\n" + host + "\r\n", 505, "expected HTTP/1.1 or HTTP/1.0"},
        {"HTTP/0.9", "GET / HTTP/0.9\r\n" + host + "\r\n", 505, "expected HTTP/1.1 or HTTP/1.0"},
        {"HTTP/1.2", "GET / HTTP/1.2\r\n" + host + "\r\n", 505, "expected HTTP/1.1 or HTTP/1.0"},
        {"something after the version", "GET / HTTP/1.1 x\r\n" + host + "\r\n", 400,
         "must end with HTTP/1.1"},
        {"bare LF ends the request line", "GET / HTTP/1.1\n" + host + "\r\n", 400,
         "each line must end with CR LF"},
        {"bare CR in the request line", "GET /\r HTTP/1.1\r\n" + host + "\r\n", 400,
         "must be a method, a target and the HTTP version"},
        {"zero byte in the target", "GET /\0 HTTP/1.1\r\n"s + host + "\r\n", 400,
         "must be a method, a target and the HTTP version"},
        {"long target", "GET /" + std::string(20'000, 'a'), 414,
         "the request line exceeds the limit"},
        // Targets.
        {"relative target", "GET index.html HTTP/1.1\r\n" + host + "\r\n", 400,
         "must be a path that begins with /"},
        {"authority", "CONNECT example.com:443 HTTP/1.1\r\n" + host + "\r\n", 400,
         "must be a path that begins with /"},
        {"another scheme", "GET ftp://x/y HTTP/1.1\r\n" + host + "\r\n", 400,
         "must be a path that begins with /"},
        {"star for GET", "GET * HTTP/1.1\r\n" + host + "\r\n", 400,
         "must be a path that begins with /"},
        {"fragment", "GET /a#b HTTP/1.1\r\n" + host + "\r\n", 400, "must not contain #"},
        {"escape cut off", "GET /a%2 HTTP/1.1\r\n" + host + "\r\n", 400,
         "each % must be followed by two hexadecimal digits"},
        {"escape not hexadecimal", "GET /%zz HTTP/1.1\r\n" + host + "\r\n", 400,
         "each % must be followed by two hexadecimal digits"},
        {"escaped zero byte", "GET /a%00b HTTP/1.1\r\n" + host + "\r\n", 400,
         "must not contain a zero byte"},
        // Headers.
        {"no Host", "GET / HTTP/1.1\r\nAccept: */*\r\n\r\n", 400,
         "HTTP/1.1 requires a Host header"},
        {"no header at all", "GET / HTTP/1.1\r\n\r\n", 400, "HTTP/1.1 requires a Host header"},
        {"two Hosts", "GET / HTTP/1.1\r\n" + host + host + "\r\n", 400, "Host must be given once"},
        {"Host with a path", "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", 400, "Host must be given once"},
        {"space before the colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400,
         "a colon directly after it"},
        {"space before the colon of Content-Length",
         "POST / HTTP/1.1\r\n" + host + "Content-Length : 3\r\n\r\nabc", 400,
         "a colon directly after it"},
        {"no colon", "GET / HTTP/1.1\r\n" + host + "nonsense\r\n\r\n", 400,
         "a colon directly after it"},
        {"no name", "GET / HTTP/1.1\r\n" + host + ": value\r\n\r\n", 400,
         "a colon directly after it"},
        {"folded header", "GET / HTTP/1.1\r\n" + host + "X-A: b\r\n c\r\n\r\n", 400,
         "folded headers are not accepted"},
        {"folded Content-Length", "POST / HTTP/1.1\r\n" + host + "Content-Length:\r\n 3\r\n\r\nabc",
         400, "folded headers are not accepted"},
        {"first header folded", "GET / HTTP/1.1\r\n\tHost: x\r\n\r\n", 400,
         "folded headers are not accepted"},
        {"bare LF between headers", "GET / HTTP/1.1\r\n" + host + "X-A: b\nX-C: d\r\n\r\n", 400,
         "each line must end with CR LF"},
        {"bare LF ends the head", "GET / HTTP/1.1\r\nHost: x\r\n\n", 400,
         "each line must end with CR LF"},
        {"bare CR in a value", "GET / HTTP/1.1\r\n" + host + "X-A: b\rc\r\n\r\n", 400,
         "each line must end with CR LF"},
        {"zero byte in a value", "GET / HTTP/1.1\r\n"s + host + "X-A: b\0c\r\n\r\n"s, 400,
         "a header value contains a control character"},
        {"zero byte in a name", "GET / HTTP/1.1\r\n"s + host + "X\0A: b\r\n\r\n"s, 400,
         "a colon directly after it"},
        {"control character in a value", "GET / HTTP/1.1\r\n" + host + "X-A: \x01\r\n\r\n", 400,
         "a header value contains a control character"},
        {"umlaut in a name", "GET / HTTP/1.1\r\n" + host + "\xc3\x84: b\r\n\r\n", 400,
         "a colon directly after it"},
        {"large head", "GET / HTTP/1.1\r\n" + host + "X-A: " + std::string(20'000, 'a'), 431,
         "the headers together exceed the limit"},
        {"many headers",
         "GET / HTTP/1.1\r\n" + host +
             [] {
                 std::string lines;
                 for (int i = 0; i < 3'000; ++i) {
                     lines += "a: b\r\n";
                 }
                 return lines;
             }() +
             "\r\n",
         431, "the headers together exceed the limit"},
        // How long the body is.
        {"Content-Length twice",
         "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400,
         "Content-Length must be one decimal number"},
        {"Content-Length as a list",
         "POST / HTTP/1.1\r\n" + host + "Content-Length: 3, 4\r\n\r\nabcd", 400,
         "Content-Length must be one decimal number"},
        {"Content-Length with a sign",
         "POST / HTTP/1.1\r\n" + host + "Content-Length: +3\r\n\r\nabc", 400,
         "Content-Length must be one decimal number"},
        {"Content-Length below zero", "POST / HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n",
         400, "Content-Length must be one decimal number"},
        {"Content-Length in hexadecimal",
         "POST / HTTP/1.1\r\n" + host + "Content-Length: 0x3\r\n\r\nabc", 400,
         "Content-Length must be one decimal number"},
        {"Content-Length beyond 64 bits",
         "POST / HTTP/1.1\r\n" + host + "Content-Length: 99999999999999999999\r\n\r\n", 400,
         "Content-Length must be one decimal number"},
        {"Content-Length without a value",
         "POST / HTTP/1.1\r\n" + host + "Content-Length: \r\n\r\n", 400,
         "Content-Length must be one decimal number"},
        {"length and chunked",
         "POST / HTTP/1.1\r\n" + host +
             "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         400, "Transfer-Encoding must be given only once"},
        {"chunked and length",
         "POST / HTTP/1.1\r\n" + host +
             "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
         400, "Content-Length must be one decimal number"},
        {"gzip", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n", 501,
         "the only supported Transfer-Encoding is chunked"},
        {"gzip and chunked",
         "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501,
         "the only supported Transfer-Encoding is chunked"},
        {"chunked, but not quite",
         "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501,
         "the only supported Transfer-Encoding is chunked"},
        {"chunked twice in one line",
         "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501,
         "the only supported Transfer-Encoding is chunked"},
        {"chunked twice",
         "POST / HTTP/1.1\r\n" + host +
             "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         400, "Transfer-Encoding must be given only once"},
        {"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         400, "HTTP/1.0 does not have Transfer-Encoding"},
        {"another expectation",
         "POST / HTTP/1.1\r\n" + host + "Expect: a-miracle\r\nContent-Length: 3\r\n\r\nabc", 417,
         "the only supported Expect is 100-continue"},
        // Chunks.
        {"chunk size not hexadecimal", chunked + "xyz\r\nabc\r\n0\r\n\r\n", 400,
         "a chunk must begin with its size"},
        {"chunk size empty", chunked + "\r\nabc\r\n0\r\n\r\n", 400,
         "a chunk must begin with its size"},
        {"chunk size with a sign", chunked + "+3\r\nabc\r\n0\r\n\r\n", 400,
         "a chunk must begin with its size"},
        {"chunk size with 0x", chunked + "0x3\r\nabc\r\n0\r\n\r\n", 400,
         "only well-formed chunk extensions"},
        {"chunk size beyond 64 bits", chunked + "fffffffffffffffff\r\nabc\r\n0\r\n\r\n", 400,
         "a chunk must begin with its size"},
        {"chunk longer than its size", chunked + "3\r\nabcd\r\n0\r\n\r\n", 400,
         "a chunk must begin with its size"},
        {"bare CR in a chunk's line", chunked + "3\rx\r\nabc\r\n0\r\n\r\n", 400,
         "each line must end with CR LF"},
        {"endless chunk extension", chunked + "3;" + std::string(20'000, 'a'), 400,
         "a chunk's size line or the trailers exceed the limit"},
        {"endless trailers", chunked + "0\r\nX-A: " + std::string(20'000, 'a'), 400,
         "a chunk's size line or the trailers exceed the limit"},
        {"Content-Length in the trailers", chunked + "0\r\nContent-Length: 3\r\n\r\n", 400,
         "Content-Length must be one decimal number"},
    };
}

} // namespace test
