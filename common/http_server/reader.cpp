#include "common/http_server/reader.hpp"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/url/pct_string_view.hpp>

namespace common {

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

bool same_word(std::string_view a, std::string_view b) {
    return boost::beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

std::string words(const error_code& what) {
    switch (static_cast<http::error>(what.value())) {
    case http::error::bad_method:
        return "the request line must begin with a method and one space";
    case http::error::bad_target:
        return "the request line must hold method, target and HTTP version, with one space between "
               "them";
    case http::error::bad_version:
        return "the request line must end with HTTP/1.1";
    case http::error::bad_field:
        return "a header line must be a name, directly followed by a colon, and a value";
    case http::error::bad_value:
        return "a header's value holds a control character or is not a list where one is needed";
    case http::error::bad_line_ending:
        return "each line must end with CR LF, and CR may stand nowhere else";
    case http::error::bad_content_length:
    case http::error::multiple_content_length:
        return "Content-Length must be one decimal number, and may not stand beside "
               "Transfer-Encoding";
    case http::error::bad_transfer_encoding:
        return "Transfer-Encoding may be given once, and not beside Content-Length";
    case http::error::bad_chunk:
        return "a chunk must begin with its size as a hexadecimal number and end with CR LF";
    case http::error::bad_chunk_extension:
        return "a chunk's size may be followed only by well-formed chunk extensions";
    default:
        return "the request cannot be read: " + what.message();
    }
}

/// Whether a request line is well-formed up to its version, which is one, though none of ours.
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
        header_limit(max_head + 1); // the reader counts for itself, line and headers together
        body_limit(boost::none);
    }

  private:
    using string_view = boost::beast::string_view;

    void on_request_impl(http::verb, string_view method, string_view target, int version,
                         error_code& stop) override {
        reader_.is_head_ = method == "HEAD";
        reader_.request_.method = reader_.is_head_ ? "GET" : std::string{plain(method)};
        reader_.http_1_0_ = version == 10;
        reader_.take_target(plain(target));
        stop_if_refused(stop);
    }
    void on_field_impl(http::field, string_view name, string_view value,
                       error_code& stop) override {
        if (!reader_.head_read_) { // later ones are trailers, which nobody here wants
            reader_.take_field(plain(name), plain(value));
            stop_if_refused(stop);
        }
    }
    void on_header_impl(error_code& stop) override {
        reader_.check_head();
        stop_if_refused(stop);
    }
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
        if (length && !reader_.dropping_) {
            reader_.request_.body.reserve(static_cast<std::size_t>(*length));
        }
    }
    std::size_t on_body_impl(string_view part, error_code&) override {
        reader_.take_body(plain(part));
        return part.size();
    }
    std::size_t on_chunk_body_impl(std::uint64_t, string_view part, error_code&) override {
        reader_.take_body(plain(part));
        return part.size();
    }
    void on_response_impl(int, string_view, int, error_code&) override {}
    void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
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
    request_.local = local;
    refusal_.reset();
    max_body_ = max_body;
    line_size_ = line_start_ = seen_ = 0;
    hosts_ = lengths_ = 0;
    line_read_ = head_read_ = http_1_0_ = expects_continue_ = is_head_ = dropping_ = too_large_ =
        false;
}

RequestReader::Step RequestReader::feed(std::string_view bytes, std::size_t& used) {
    used = 0;
    return head_read_ ? read_body(bytes, used) : read_head(bytes, used);
}

RequestReader::Step RequestReader::read_head(std::string_view bytes, std::size_t& used) {
    if (!line_read_) {
        if (const auto step = read_line(bytes, used); step != Step::head) {
            return step;
        }
    }
    std::size_t more = 0;
    const auto step = read_fields(bytes.substr(used), more);
    used += more;
    return step;
}

// The request line is judged as soon as it is there: who speaks something else need not send
// headers to be told so.
RequestReader::Step RequestReader::read_line(std::string_view bytes, std::size_t& used) {
    if (!bytes.empty() && !is_token_char(bytes.front())) {
        return refuse(400, "this is not an HTTP request (is it TLS on a port without TLS?)");
    }
    const auto newline = end_of_line(bytes);
    if (refusal_) {
        return Step::bad;
    }
    if (!newline) {
        return bytes.size() < max_head ? Step::more
                                       : refuse(414, "the request line may have at most " +
                                                         std::to_string(max_head) + " bytes");
    }
    error_code problem_found;
    used = parser_->put({bytes.data(), *newline + 1}, problem_found);
    if (problem_found && problem_found != http::error::need_more) {
        if (problem_found == http::error::bad_version &&
            names_a_version(bytes.substr(0, *newline - 1))) {
            return refuse(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
        }
        return refuse(400, words(problem_found));
    }
    line_read_ = true;
    line_size_ = used;
    line_start_ = seen_ = 0;
    return Step::head;
}

// The parser gets the headers in one piece, after a look at the lines: it would unfold folded
// headers, which others read differently.
RequestReader::Step RequestReader::read_fields(std::string_view bytes, std::size_t& used) {
    for (;;) {
        const auto newline = end_of_line(bytes);
        if (refusal_) {
            return Step::bad;
        }
        if (line_size_ + (newline ? *newline + 1 : bytes.size()) > max_head) {
            return refuse(431, "request line and headers may have at most " +
                                   std::to_string(max_head) + " bytes");
        }
        if (!newline) {
            return Step::more;
        }
        const bool folded = bytes[line_start_] == ' ' || bytes[line_start_] == '\t';
        if (folded) {
            return refuse(
                400,
                "a header line may not begin with white space (folded headers are not accepted)");
        }
        const bool last = *newline == line_start_ + 1;
        line_start_ = *newline + 1;
        if (last) {
            break;
        }
    }
    error_code problem_found;
    used = parser_->put({bytes.data(), line_start_}, problem_found);
    if (problem_found) {
        return refuse(400, words(problem_found));
    }
    head_read_ = true;
    return Step::head;
}

RequestReader::Step RequestReader::read_body(std::string_view bytes, std::size_t& used) {
    if (parser_->chunked() && bytes.starts_with('0') && bytes.size() < shortest_end_of_chunks) {
        return Step::more; // once the parser has seen the last chunk's line, it takes for granted
                           // that it gets that much
    }
    error_code problem_found;
    parser_->eager(true);
    used = parser_->put({bytes.data(), bytes.size()}, problem_found);
    if (problem_found && problem_found != http::error::need_more) {
        return refuse(400, words(problem_found));
    }
    if (parser_->is_done()) {
        return Step::done;
    }
    return bytes.size() - used < max_head
               ? Step::more
               : refuse(400, "a chunk's first line or the trailers are too long");
}

/// Where the line that begins at line_start_ has its LF. Every byte is looked at once.
std::optional<std::size_t> RequestReader::end_of_line(std::string_view bytes) {
    const auto newline = bytes.find('\n', seen_);
    if (newline == bytes.npos) {
        seen_ = bytes.size();
        return std::nullopt;
    }
    seen_ = newline + 1;
    if (newline == line_start_ || bytes[newline - 1] != '\r') {
        refuse(400, words(http::error::bad_line_ending));
    }
    return newline;
}

void RequestReader::take_target(std::string_view target) {
    if (target == "*" && request_.method == "OPTIONS") {
        request_.path = target;
        return;
    }
    auto rest = target;
    for (const std::string_view scheme :
         {"http://", "https://"}) { // the form that is meant for proxies
        if (same_word(rest.substr(0, scheme.size()), scheme)) {
            rest.remove_prefix(scheme.size());
            rest.remove_prefix(std::min(rest.find_first_of("/?"), rest.size()));
            break;
        }
    }
    const auto question = std::min(rest.find('?'), rest.size());
    const auto path = rest.substr(0, question);
    const bool absolute = rest.size() != target.size();
    if (!path.starts_with('/') && !(absolute && path.empty())) {
        refuse(400, "the request's target must be a path that begins with /");
        return;
    }
    if (rest.find('#') != rest.npos) {
        refuse(400, "the request's target may not hold a #");
        return;
    }
    const auto encoded = boost::urls::make_pct_string_view({path.data(), path.size()});
    if (!encoded) {
        refuse(400, "in the request's path each % must be followed by two hexadecimal digits");
        return;
    }
    request_.path = path.empty() ? "/" : encoded->decode();
    if (request_.path.find('\0') != std::string::npos) {
        refuse(400, "the request's path may not hold a zero byte");
        return;
    }
    request_.query = rest.substr(std::min(question + 1, rest.size()));
}

void RequestReader::take_field(std::string_view name, std::string_view value) {
    if (same_word(name, "Host")) {
        if (++hosts_ > 1 || value.find_first_of(" \t,/?#@\\") != value.npos) {
            refuse(400, "Host must be given once and be a name or an address, perhaps with a port");
        }
    } else if (same_word(name, "Content-Length")) {
        if (++lengths_ > 1 || !all_digits(value)) {
            refuse(400, words(http::error::bad_content_length));
        }
    } else if (same_word(name, "Transfer-Encoding")) {
        if (!same_word(value, "chunked")) {
            refuse(501, "of transfer encodings only chunked is understood");
        } else if (http_1_0_) {
            refuse(400, "HTTP/1.0 has no Transfer-Encoding");
        }
    } else if (same_word(name, "Expect")) {
        if (!same_word(value, "100-continue")) {
            refuse(417, "only Expect: 100-continue can be met");
        }
        expects_continue_ = !http_1_0_;
    }
    request_.headers.push_back({std::string{name}, std::string{value}});
}

void RequestReader::check_head() {
    if (hosts_ == 0 && !http_1_0_) {
        refuse(400, "a Host header is needed in HTTP/1.1");
    }
    if (parser_->content_length().value_or(0) > max_body_) {
        discard();
        too_large_ = true;
    }
}

void RequestReader::take_body(std::string_view part) {
    if (dropping_) {
        return;
    }
    if (part.size() > max_body_ - request_.body.size()) {
        discard();
        too_large_ = true;
        return;
    }
    request_.body += part;
}

void RequestReader::discard() {
    dropping_ = true;
    request_.body = std::string{};
}

bool RequestReader::done() const {
    return head_read_ && parser_->is_done();
}

bool RequestReader::keep_alive() const {
    return head_read_ && parser_->keep_alive();
}

RequestReader::Step RequestReader::refuse(unsigned status, std::string why) {
    if (!refusal_) { // the first reason is the nearest to the fault
        refusal_ = problem(status, std::move(why));
    }
    return Step::bad;
}

} // namespace common
