#include "common/http_server/reader.hpp"

#include "common/base/ascii.hpp"
#include "common/http_server/target.hpp"
#include "common/net/problem.hpp"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>

namespace common::http_server {

namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;

constexpr std::size_t shortest_end_of_chunks = std::string_view{"0\r\n\r\n"}.size();

std::string_view plain(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

bool is_token_char(char c) {
    return valid_header({&c, 1}, {});
}

bool all_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

std::string bytes_limit(std::size_t limit) {
    return "the limit of " + std::to_string(limit) + " bytes";
}

std::string describe(const error_code& what) {
    switch (static_cast<http::error>(what.value())) {
    case http::error::bad_method:
        return "the request line must begin with a method and one space";
    case http::error::bad_target:
        return "the request line must be a method, a target and the HTTP version, with one space "
               "between them";
    case http::error::bad_version:
        return "the request line must end with HTTP/1.1";
    case http::error::bad_field:
        return "a header line must be a name, a colon directly after it, and a value";
    case http::error::bad_value:
        return "a header value contains a control character, or is not a list where one is "
               "required";
    case http::error::bad_line_ending:
        return "each line must end with CR LF, and CR must not appear anywhere else";
    case http::error::bad_content_length:
    case http::error::multiple_content_length:
        return "Content-Length must be one decimal number and must not be combined with "
               "Transfer-Encoding";
    case http::error::bad_transfer_encoding:
        return "Transfer-Encoding must be given only once and not together with Content-Length";
    case http::error::bad_chunk:
        return "a chunk must begin with its size as a hexadecimal number and end with CR LF";
    case http::error::bad_chunk_extension:
        return "only well-formed chunk extensions may follow a chunk's size";
    default:
        return "the request cannot be parsed: " + what.message();
    }
}

/// Whether a request line is well-formed up to an HTTP version that is not one of ours.
bool names_a_version(std::string_view line) {
    if (std::ranges::count(line, ' ') != 2) {
        return false;
    }
    const auto word = line.substr(line.rfind(' ') + 1);
    return word.starts_with("HTTP/") && all_digits(word.substr(5, 1));
}

} // namespace

class RequestReader::Parser final : public http::basic_parser<true> {
  public:
    explicit Parser(RequestReader& reader) : reader_{reader} {
        header_limit(max_head + 1); // the reader itself counts line and headers together
        body_limit(boost::none);
    }

  private:
    using string_view = boost::beast::string_view;

    void on_request_impl(http::verb, string_view method, string_view target, int version,
                         error_code& stop) override {
        reader_.head_.is_head = method == "HEAD";
        reader_.head_.http_1_0 = version == 10;
        reader_.request_.method = reader_.head_.is_head ? "GET" : std::string{plain(method)};
        reader_.on_target(plain(target));
        stop_if_refused(stop);
    }
    void on_field_impl(http::field, string_view name, string_view value,
                       error_code& stop) override {
        if (!reader_.head_.complete) { // later ones are trailers, which are ignored
            reader_.on_field(plain(name), plain(value));
            stop_if_refused(stop);
        }
    }
    void on_header_impl(error_code& stop) override {
        reader_.check_head();
        stop_if_refused(stop);
    }
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
        if (length && !reader_.body_.discarded) {
            reader_.request_.body.reserve(static_cast<std::size_t>(*length));
        }
    }
    std::size_t on_body_impl(string_view part, error_code&) override {
        reader_.on_body(plain(part));
        return part.size();
    }
    std::size_t on_chunk_body_impl(std::uint64_t, string_view part, error_code&) override {
        reader_.on_body(plain(part));
        return part.size();
    }
    void on_response_impl(int, string_view, int, error_code&) override {}
    void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {
        reader_.body_.has_chunks = true;
    }
    void on_finish_impl(error_code&) override {}

    void stop_if_refused(error_code& stop) const {
        if (reader_.refusal_) {
            stop = http::error::bad_value;
        }
    }

    RequestReader& reader_;
};

RequestReader::RequestReader() = default;
RequestReader::~RequestReader() = default;

void RequestReader::begin(std::size_t max_body, bool local) {
    parser_ = std::make_unique<Parser>(*this);
    request_ = Incoming{};
    request_.headers.reserve(8); // as many as most clients send
    request_.local = local;
    refusal_.reset();
    head_ = Head{};
    body_ = Body{};
    body_.limit = max_body;
}

RequestReader::Progress RequestReader::feed(std::string_view bytes, std::size_t& used) {
    used = 0;
    return head_.complete ? read_body(bytes, used) : read_head(bytes, used);
}

RequestReader::Progress RequestReader::read_head(std::string_view bytes, std::size_t& used) {
    if (head_.line_size == 0) {
        if (const auto progress = read_line(bytes, used); progress != Progress::head) {
            return progress;
        }
    }
    std::size_t more = 0;
    const auto progress = read_fields(bytes.substr(used), more);
    used += more;
    return progress;
}

// The request line is checked as soon as it is complete: a client that speaks another protocol is
// told so without having to send headers.
RequestReader::Progress RequestReader::read_line(std::string_view bytes, std::size_t& used) {
    if (!bytes.empty() && !is_token_char(bytes.front())) {
        return refuse(400, "this is not an HTTP request (was TLS sent to a port without TLS?)");
    }
    const auto newline = end_of_line(bytes);
    if (refusal_) {
        return Progress::malformed;
    }
    if (!newline) {
        return bytes.size() < max_head
                   ? Progress::need_more
                   : refuse(414, "the request line exceeds " + bytes_limit(max_head));
    }
    error_code failed;
    used = parser_->put({bytes.data(), *newline + 1}, failed);
    if (failed && failed != http::error::need_more) {
        if (failed == http::error::bad_version && names_a_version(bytes.substr(0, *newline - 1))) {
            return refuse(505, "expected HTTP/1.1 or HTTP/1.0");
        }
        return refuse(400, describe(failed));
    }
    head_.line_size = used;
    head_.line_start = head_.scanned = 0;
    return Progress::head;
}

// The parser gets the headers in one piece after their lines were checked: it would unfold folded
// headers, which other servers read differently.
RequestReader::Progress RequestReader::read_fields(std::string_view bytes, std::size_t& used) {
    for (bool last = false; !last;) {
        const auto newline = end_of_line(bytes);
        if (refusal_) {
            return Progress::malformed;
        }
        if (head_.line_size + (newline ? *newline + 1 : bytes.size()) > max_head) {
            return refuse(431, "the request line and the headers together exceed " +
                                   bytes_limit(max_head));
        }
        if (!newline) {
            return Progress::need_more;
        }
        if (bytes[head_.line_start] == ' ' || bytes[head_.line_start] == '\t') {
            return refuse(400, "a header line must not begin with white space (folded headers are "
                               "not accepted)");
        }
        last = *newline == head_.line_start + 1;
        head_.line_start = *newline + 1;
    }
    error_code failed;
    used = parser_->put({bytes.data(), head_.line_start}, failed);
    if (failed) {
        return refuse(400, describe(failed));
    }
    head_.complete = true;
    return Progress::head;
}

RequestReader::Progress RequestReader::read_body(std::string_view bytes, std::size_t& used) {
    // After the last chunk's line, the parser assumes that it gets at least the end of the chunks.
    // Where there were others it does: what it gets then begins with the end of the one before.
    if (parser_->chunked() && !body_.has_chunks && bytes.starts_with('0') &&
        bytes.size() < shortest_end_of_chunks) {
        return Progress::need_more;
    }
    error_code failed;
    parser_->eager(true);
    used = parser_->put({bytes.data(), bytes.size()}, failed);
    if (failed && failed != http::error::need_more) {
        return refuse(400, describe(failed));
    }
    if (parser_->is_done()) {
        return Progress::complete;
    }
    return bytes.size() - used < max_head
               ? Progress::need_more
               : refuse(400, "a chunk's size line or the trailers exceed " + bytes_limit(max_head));
}

/// Where the line that begins at line_start has its LF. Every byte is scanned once.
std::optional<std::size_t> RequestReader::end_of_line(std::string_view bytes) {
    const auto newline = bytes.find('\n', head_.scanned);
    if (newline == bytes.npos) {
        head_.scanned = bytes.size();
        return std::nullopt;
    }
    head_.scanned = newline + 1;
    if (newline == head_.line_start || bytes[newline - 1] != '\r') {
        refuse(400, describe(http::error::bad_line_ending));
    }
    return newline;
}

void RequestReader::on_target(std::string_view text) {
    auto target = parse_target(text, request_.method);
    if (!target) {
        refuse(400, target.error().message);
        return;
    }
    request_.path = std::move(target->path);
    request_.query = std::move(target->query);
    request_.authority = std::move(target->authority);
}

void RequestReader::on_field(std::string_view name, std::string_view value) {
    if (equal_ignoring_case(name, "Host")) {
        if (++head_.hosts > 1 || value.find_first_of(" \t,/?#@\\") != value.npos) {
            refuse(400, "Host must be given once and be a name or an address, optionally with a "
                        "port");
        }
    } else if (equal_ignoring_case(name, "Content-Length")) {
        if (++head_.lengths > 1 || !all_digits(value)) {
            refuse(400, describe(http::error::bad_content_length));
        }
    } else if (equal_ignoring_case(name, "Transfer-Encoding")) {
        if (!equal_ignoring_case(value, "chunked")) {
            refuse(501, "the only supported Transfer-Encoding is chunked");
        } else if (head_.http_1_0) {
            refuse(400, "HTTP/1.0 does not have Transfer-Encoding");
        }
    } else if (equal_ignoring_case(name, "Expect")) {
        if (!equal_ignoring_case(value, "100-continue")) {
            refuse(417, "the only supported Expect is 100-continue");
        }
        head_.expects_continue = !head_.http_1_0;
    }
    request_.headers.push_back({std::string{name}, std::string{value}});
}

void RequestReader::check_head() {
    if (head_.hosts == 0 && !head_.http_1_0) {
        refuse(400, "HTTP/1.1 requires a Host header");
    }
    if (parser_->content_length().value_or(0) > body_.limit) {
        discard();
        body_.too_large = true;
    }
}

void RequestReader::on_body(std::string_view part) {
    if (body_.discarded) {
        return;
    }
    if (part.size() > body_.limit - request_.body.size()) {
        discard();
        body_.too_large = true;
        return;
    }
    request_.body += part;
}

void RequestReader::discard() {
    body_.discarded = true;
    std::string{}.swap(request_.body); // an assignment would keep its memory
}

bool RequestReader::complete() const {
    return head_.complete && parser_->is_done();
}

bool RequestReader::keep_alive() const {
    return head_.complete && parser_->keep_alive();
}

RequestReader::Progress RequestReader::refuse(unsigned status, const std::string& why) {
    if (!refusal_) { // the first reason is the closest to the mistake
        refusal_ = problem(status, why);
    }
    return Progress::malformed;
}

} // namespace common::http_server
