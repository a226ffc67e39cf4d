// Requests are read the same whatever pieces they arrive in. The first line says how the rest is
// cut.

#include "common/http_server/reader.hpp"
#include "test/fuzz/input.hpp"
#include "test/fuzz/target.hpp"

#include <nlohmann/json.hpp>

namespace {

using common::http_server::RequestReader;
using fuzz::require;
using Progress = RequestReader::Progress;

constexpr std::size_t most_of_a_body = 64;

/// What a session does with a connection, as a text.
class Connection {
  public:
    Connection() { reader_.begin(most_of_a_body, false); }

    void receive(std::string_view piece) {
        held_ += piece;
        while (!closed_ && !held_.empty()) {
            std::size_t used = 0;
            const auto progress = reader_.feed(held_, used);
            require(used <= held_.size(), "no more is used than there is");
            held_.erase(0, used);
            if (progress == Progress::malformed) {
                closed_ = true;
                log_ += "refused " + std::to_string(reader_.refusal().status) + ' ' +
                        reader_.refusal().body;
            } else if (progress == Progress::complete || reader_.complete()) {
                note_request();
                reader_.begin(most_of_a_body, false);
            } else if (progress == Progress::need_more) {
                return;
            }
        }
    }

    [[nodiscard]] std::string log() const { return log_ + (closed_ ? "" : "waits"); }

  private:
    void note_request() {
        auto& request = reader_.request();
        require(request.body.size() <= most_of_a_body, "a body is kept up to its limit");
        require(!reader_.too_large() || request.body.empty(), "one beyond it is not kept");
        for (const auto& part :
             {request.method, request.path, request.query, request.authority, request.body}) {
            log_ += part + '\n';
        }
        for (const auto& [name, value] : request.headers) {
            require(common::valid_header(name, value), "a header has no control characters");
            log_ += name + ": " + value + '\n';
        }
        for (const bool flag : {reader_.too_large(), reader_.keep_alive(), reader_.http_1_0(),
                                reader_.expects_continue(), reader_.is_head()}) {
            log_ += flag ? "1" : "0";
        }
        log_ += '\n';
    }

    RequestReader reader_;
    std::string held_, log_;
    bool closed_ = false;
};

std::string log_of(std::string_view bytes, std::string_view sizes) {
    Connection connection;
    for (const auto piece : fuzz::pieces_of(bytes, sizes)) {
        connection.receive(piece);
    }
    return connection.log();
}

void read(std::string_view bytes) {
    const auto sizes = fuzz::take_line(bytes);
    const auto at_once = log_of(bytes, "");
    require(log_of(bytes, sizes) == at_once, "pieces are read as the whole is");
    require(log_of(bytes, "!") == at_once, "single bytes, too");
}

const fuzz::Registered registered{{"http_request", read}};

} // namespace
