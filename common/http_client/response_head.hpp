// ResponseHead: the head of a response, read line by line. It takes what curl and Python's
// http.client take for one, for a webhook's target has done its work once it answers 2xx, whatever
// else is wrong with the answer: a status line without a reason, lines that end with LF alone,
// lines that are no headers, lengths that make no sense, an end of the connection behind the status
// line. Such a head still says its status; it does not say where the next response would begin, so
// its connection is not kept. Pure; any thread. Internal to PooledClient.
#pragma once

#include "common/net/http.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace common {

/// How the body's end is found (RFC 9112, section 6.3).
struct BodyFraming {
    enum class Kind { none, length, chunked, until_close };
    Kind kind = Kind::until_close;
    std::uint64_t length = 0;
    /// A transfer coding of the body that nobody asked for ("gzip"), so that it cannot be read.
    std::string coding = {};
};

class ResponseHead {
  public:
    /// A longer head is a fault. What curl allows.
    static constexpr std::size_t longest = std::size_t{300} * 1024;

    /// Takes whole lines from the front of what was received, up to the end of the head. Returns
    /// the number of bytes taken.
    std::size_t put(std::string_view received);
    /// The peer sends no more. `rest` is what put() left, and belongs to the head. A final head
    /// ends here if its status line is whole, for no later line can change it. Otherwise a fault.
    void put_end(std::string_view rest);

    [[nodiscard]] bool done() const { return done_; }
    /// Why it is no head, in words that begin in lower case; empty while it may be one.
    [[nodiscard]] const std::string& fault() const { return fault_; }
    /// 0 until the status line was read; from 100 then.
    [[nodiscard]] unsigned status() const { return status_; }
    /// The status line in quotes, cut, without control characters; empty until it was read.
    [[nodiscard]] const std::string& shown_line() const { return shown_line_; }

    /// The headers whose name and value RFC 9110 allows; of a head with very many the first ones.
    Headers headers;

    [[nodiscard]] BodyFraming framing(bool of_head_request) const;
    /// Whether everything so far is as RFC 9112 has it and the peer keeps the connection.
    [[nodiscard]] bool keeps_connection() const;

  private:
    void take_line(std::string_view line);
    void take_status(std::string_view line);
    void take_field(std::string_view line);
    void end_field();
    void note_framing(const Header& header);
    void note_length(std::string_view value);
    [[nodiscard]] bool is_bodiless() const;

    std::size_t size_ = 0; ///< of the lines taken
    bool done_ = false;
    bool strict_ = true; ///< everything so far is as RFC 9112 has it
    std::string fault_;
    std::string shown_line_;

    unsigned status_ = 0;
    bool old_version_ = false;    ///< HTTP/1.0
    std::optional<Header> field_; ///< of the last line; the next one may continue its value
    std::size_t kept_size_ = 0;   ///< of `headers`

    std::optional<std::uint64_t> length_;
    bool bad_length_ = false;
    std::vector<std::string> codings_; ///< in lower case, in the order in which they were applied
    bool says_close_ = false;
    bool says_keep_alive_ = false;
};

/// Bytes of a peer as they may stand in a message: in quotes, cut, and all but printable ASCII as
/// \xNN.
std::string quoted_bytes(std::string_view bytes);

} // namespace common
