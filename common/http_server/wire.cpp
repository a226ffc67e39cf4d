#include "common/http_server/wire.hpp"

#include "common/base/file.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace common::http_server {

namespace {

namespace ssl = asio::ssl;
using boost::system::error_code;

constexpr auto awaited = asio::as_tuple(asio::use_awaitable);

class PlainWire final : public Wire {
  public:
    explicit PlainWire(Socket socket) : socket_{std::move(socket)} {}

    Socket& socket() override { return socket_; }
    Task<bool> handshake() override { co_return true; }
    Task<Transfer> read_some(asio::mutable_buffer into) override {
        return socket_.async_read_some(into, awaited);
    }
    Task<Transfer> write_some(asio::const_buffer from) override {
        return socket_.async_write_some(from, awaited);
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
        const auto [failed] = co_await stream_.async_handshake(ssl::stream_base::server, awaited);
        co_return !failed;
    }
    Task<Transfer> read_some(asio::mutable_buffer into) override {
        return stream_.async_read_some(into, awaited);
    }
    Task<Transfer> write_some(asio::const_buffer from) override {
        return stream_.async_write_some(from, awaited);
    }
    [[nodiscard]] bool has_farewell() const override { return true; }
    Task<> end_writing() override {
        co_await stream_.async_shutdown(awaited);
        error_code gone_already;
        socket().shutdown(Socket::shutdown_send, gone_already);
    }

  private:
    std::shared_ptr<ssl::context> context_; // kept when the listener gets a new one
    ssl::stream<Socket> stream_;
};

std::string reason(const error_code& failed) {
    const char* words = ::ERR_reason_error_string(static_cast<unsigned long>(failed.value()));
    return words != nullptr ? words : failed.message();
}

} // namespace

std::unique_ptr<Wire> Wire::over(Socket socket, std::shared_ptr<ssl::context> tls) {
    if (tls) {
        return std::make_unique<TlsWire>(std::move(socket), std::move(tls));
    }
    return std::make_unique<PlainWire>(std::move(socket));
}

Result<std::shared_ptr<ssl::context>> server_tls(const std::string& cert_file,
                                                 const std::string& key_file) {
    const auto certificate = read_file(cert_file);
    if (!certificate) {
        return fail(Fault::config, certificate.error().message);
    }
    const auto key = read_file(key_file);
    if (!key) {
        return fail(Fault::config, key.error().message);
    }
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    ::SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    ::SSL_CTX_set_options(context->native_handle(),
                          SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    ::SSL_CTX_set_mode(context->native_handle(),
                       SSL_MODE_RELEASE_BUFFERS); // an idle connection holds no 32 KiB of them
    error_code failed;
    context->use_certificate_chain(asio::buffer(*certificate), failed);
    if (failed) {
        return fail(Fault::config,
                    cert_file + ": not a certificate in PEM form (" + reason(failed) + ")");
    }
    // OpenSSL would ask for a passphrase at the terminal; a service has none.
    const auto no_passphrase = [](std::size_t, ssl::context::password_purpose) {
        return std::string{};
    };
    context->set_password_callback(no_passphrase, failed);
    context->use_private_key(asio::buffer(*key), ssl::context::pem, failed);
    if (failed &&
        ERR_GET_REASON(static_cast<unsigned long>(failed.value())) == X509_R_KEY_VALUES_MISMATCH) {
        return fail(Fault::config,
                    key_file + ": the key does not belong to the certificate in " + cert_file);
    }
    if (failed) {
        return fail(Fault::config, key_file +
                                       ": not a private key in PEM form without a passphrase (" +
                                       reason(failed) + ")");
    }
    if (::SSL_CTX_check_private_key(context->native_handle()) != 1) {
        ::ERR_clear_error();
        return fail(Fault::config,
                    key_file + ": the key does not belong to the certificate in " + cert_file);
    }
    return context;
}

} // namespace common::http_server
