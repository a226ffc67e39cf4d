#include "common/http_server/wire.hpp"

#include "common/net/tls_files.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <openssl/ssl.h>

namespace common::http_server {

namespace {

namespace ssl = asio::ssl;
using boost::system::error_code;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

class PlainWire final : public Wire {
  public:
    explicit PlainWire(Socket socket) : socket_{std::move(socket)} {}

    Socket& socket() override { return socket_; }
    Task<bool> handshake() override { co_return true; }
    Task<Transfer> read_some(asio::mutable_buffer into) override {
        return socket_.async_read_some(into, as_result);
    }
    Task<Transfer> write_some(asio::const_buffer from) override {
        return socket_.async_write_some(from, as_result);
    }
    [[nodiscard]] bool has_farewell() const override { return false; }
    Task<> end_writing() override {
        error_code gone_already;
        socket_.shutdown(Socket::shutdown_send, gone_already);
        co_return;
    }

  private:
    Socket socket_;
};

class TlsWire final : public Wire {
  public:
    TlsWire(Socket socket, std::shared_ptr<ssl::context> context)
        : context_{std::move(context)}, stream_{std::move(socket), *context_} {}

    Socket& socket() override { return stream_.next_layer(); }
    Task<bool> handshake() override {
        const auto [failed] = co_await stream_.async_handshake(ssl::stream_base::server, as_result);
        co_return !failed;
    }
    Task<Transfer> read_some(asio::mutable_buffer into) override {
        return stream_.async_read_some(into, as_result);
    }
    Task<Transfer> write_some(asio::const_buffer from) override {
        return stream_.async_write_some(from, as_result);
    }
    [[nodiscard]] bool has_farewell() const override { return true; }
    Task<> end_writing() override {
        co_await stream_.async_shutdown(as_result);
        error_code gone_already;
        socket().shutdown(Socket::shutdown_send, gone_already);
    }

  private:
    std::shared_ptr<ssl::context> context_; // kept when the listener gets a new one
    ssl::stream<Socket> stream_;
};

} // namespace

std::unique_ptr<Wire> Wire::over(Socket socket, std::shared_ptr<ssl::context> tls) {
    if (tls) {
        return std::make_unique<TlsWire>(std::move(socket), std::move(tls));
    }
    return std::make_unique<PlainWire>(std::move(socket));
}

Result<std::shared_ptr<ssl::context>> server_tls(const std::string& cert_file,
                                                 const std::string& key_file) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    ::SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    ::SSL_CTX_set_options(context->native_handle(),
                          SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // An idle connection then holds no 32 KiB of buffers.
    ::SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
    if (auto loaded = load_certificate(*context, cert_file, key_file); !loaded) {
        return fail(std::move(loaded.error()));
    }
    return context;
}

} // namespace common::http_server
