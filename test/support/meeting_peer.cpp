#include "test/support/meeting_peer.hpp"

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <list>
#include <memory>
#include <thread>

namespace test {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// Reads until the other side closes, so that what is closed here is no reset.
class Guest : public std::enable_shared_from_this<Guest> {
  public:
    Guest(tcp::socket socket, std::function<void()> left)
        : socket_{std::move(socket)}, left_{std::move(left)} {}

    void read() {
        socket_.async_read_some(asio::buffer(sink_), [self = shared_from_this()](
                                                         boost::system::error_code failed, auto) {
            if (failed) {
                self->left_();
            } else {
                self->read();
            }
        });
    }
    void dismiss() {
        boost::system::error_code gone_already;
        socket_.shutdown(tcp::socket::shutdown_send, gone_already);
    }

  private:
    tcp::socket socket_;
    std::function<void()> left_;
    std::array<char, 4096> sink_{};
};

} // namespace

struct MeetingPeer::State {
    explicit State(unsigned wanted) : together{wanted} {}

    void accept() {
        acceptor.async_accept([this](boost::system::error_code failed, tcp::socket socket) {
            if (failed) {
                return;
            }
            const auto at = guests.emplace(guests.end());
            *at = std::make_shared<Guest>(std::move(socket), [this, at] { guests.erase(at); });
            (*at)->read();
            met = met || guests.size() >= together;
            for (const auto& guest : guests) {
                if (met) {
                    guest->dismiss();
                }
            }
            accept();
        });
    }

    const std::size_t together;
    asio::io_context loop{1};
    tcp::acceptor acceptor{loop, {asio::ip::address_v4::any(), 0}};
    std::list<std::shared_ptr<Guest>> guests;
    bool met = false;
    std::thread thread;
};

MeetingPeer::MeetingPeer(unsigned together) : state_{std::make_unique<State>(together)} {
    state_->accept();
    state_->thread = std::thread{[this] { state_->loop.run(); }};
}

MeetingPeer::~MeetingPeer() {
    state_->loop.stop();
    state_->thread.join();
}

std::uint16_t MeetingPeer::port() const {
    return state_->acceptor.local_endpoint().port();
}

} // namespace test
