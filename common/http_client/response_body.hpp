// ResponseBody: the body of a response (RFC 9112, sections 6 and 7), read as far as it is wanted.
// As tolerant as curl where the end of the body stays certain. Pure; any thread. Internal to
// PooledClient.
#pragma once

#include "common/http_client/response_head.hpp"

#include <string>
#include <string_view>

namespace common {

class ResponseBody {
  public:
    /// Of a body that is not wanted, too, `limit` bytes are taken at most.
    ResponseBody(BodyFraming framing, bool wanted, std::size_t limit);

    /// Takes what belongs to the body from the front of what was received. Returns the number of
    /// bytes taken.
    std::size_t put(std::string_view received);
    /// The peer sends no more.
    void put_end();

    [[nodiscard]] bool done() const { return state_ == State::done; }
    /// Why it cannot be read to its end, in words that begin in lower case.
    [[nodiscard]] const std::string& fault() const { return fault_; }
    [[nodiscard]] std::size_t size() const { return size_; }
    /// Whether it is known where the body ended, and that it ended as RFC 9112 has it.
    [[nodiscard]] bool keeps_connection() const { return done() && strict_; }

    std::string text; ///< empty when it is not wanted

  private:
    enum class State { data, chunk_size, chunk_end, trailer, done };
    std::size_t put_data(std::string_view received);
    std::size_t put_line(std::string_view received);
    void take_line(std::string_view line);
    void take_chunk_size(std::string_view line);

    BodyFraming framing_;
    bool wanted_;
    std::size_t limit_;
    State state_ = State::data;
    std::uint64_t left_ = 0; ///< bytes of the body or of this chunk
    std::size_t size_ = 0;   ///< of the body so far
    std::size_t trailer_size_ = 0;
    bool strict_ = true;
    std::string fault_;
};

} // namespace common
