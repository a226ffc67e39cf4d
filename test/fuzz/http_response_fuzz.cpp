// A response is read the same whatever pieces it arrives in, up to where its connection ends. The
// first byte says which request it answers, the rest of the first line how it is cut.

#include "common/http_client/response_body.hpp"
#include "common/http_client/response_head.hpp"
#include "test/fuzz/input.hpp"
#include "test/fuzz/target.hpp"

#include <optional>

namespace {

using common::ResponseBody;
using common::ResponseHead;
using fuzz::require;

constexpr std::size_t most_of_a_body = 64;

/// What one request does with its connection.
class Exchange {
  public:
    Exchange(bool of_head_request, bool body_wanted)
        : of_head_request_{of_head_request}, body_wanted_{body_wanted} {}

    void receive(std::string_view piece) {
        held_ += piece;
        while (!body_ && head_.fault().empty()) {
            consume(head_.put(held_));
            if (!head_.done()) {
                return;
            }
            end_of_head();
        }
        if (body_ && !body_->done() && body_->fault().empty()) {
            consume(body_->put(held_));
        }
    }

    void end() {
        if (!body_ && head_.fault().empty()) {
            head_.put_end(held_);
            held_.clear();
            if (head_.done()) {
                end_of_head();
            }
        }
        if (body_ && !body_->done() && body_->fault().empty()) {
            body_->put(held_);
            body_->put_end();
        }
    }

    /// Everything that a caller can see of it.
    [[nodiscard]] std::string shown() const {
        auto text = log_ + std::to_string(head_.status()) + head_.shown_line() + head_.fault();
        if (!body_) {
            return text + held_;
        }
        require(body_->text.size() <= (body_wanted_ ? most_of_a_body : 0),
                "no more of a body is kept than is wanted");
        text += '\n' + body_->fault();
        if (body_->fault().empty()) { // else nobody looks at the rest
            text += '\n' + body_->text + '\n' + std::to_string(body_->size()) + '\n' + held_;
        }
        const bool kept = head_.keeps_connection() && body_->keeps_connection() && held_.empty();
        return text + (body_->done() ? " done" : "") + (kept ? " kept" : "");
    }

  private:
    void consume(std::size_t used) {
        require(used <= held_.size(), "no more is used than there is");
        held_.erase(0, used);
    }

    void end_of_head() {
        for (const auto& [name, value] : head_.headers) {
            require(common::valid_header(name, value), "a header has no control characters");
            log_ += name + ": " + value + '\n';
        }
        if (head_.status() < 200) {
            log_ += head_.shown_line() + '\n';
            head_ = ResponseHead{};
            return;
        }
        body_.emplace(head_.framing(of_head_request_), body_wanted_, most_of_a_body);
    }

    bool of_head_request_, body_wanted_;
    std::string held_, log_;
    ResponseHead head_;
    std::optional<ResponseBody> body_;
};

std::string shown(Exchange exchange, std::string_view bytes, std::string_view sizes) {
    for (const auto piece : fuzz::pieces_of(bytes, sizes)) {
        exchange.receive(piece);
    }
    const auto before = exchange.shown();
    exchange.end();
    return before + "\n--\n" + exchange.shown();
}

void read(std::string_view bytes) {
    const auto request = fuzz::take_byte(bytes);
    const auto sizes = fuzz::take_line(bytes);
    const Exchange fresh{(request & 1U) != 0, (request & 2U) != 0};
    const auto at_once = shown(fresh, bytes, "");
    require(shown(fresh, bytes, sizes) == at_once, "pieces are read as the whole is");
    require(shown(fresh, bytes, "!") == at_once, "single bytes, too");
}

const fuzz::Registered registered{{"http_response", read}};

} // namespace
