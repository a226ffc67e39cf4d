// Listener: one address on which a Server accepts connections. Loop thread. The file of a Unix
// socket survives a crash; the next process to listen there replaces it.
#pragma once

#include "common/http_server/wire.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <sys/types.h>

namespace common::http_server {

struct Listener {
    explicit Listener(const Executor& executor) : acceptor{executor}, pause{executor} {}

    /// See Server::listen and Server::listen_unix.
    Result<std::uint16_t> open_tcp(const std::string& address, const std::string& cert,
                                   const std::string& key);
    Result<void> open_unix(const std::string& path, unsigned mode);
    /// Reads the TLS files again. On an error the current ones stay in use.
    Result<void> reload_tls();
    /// Also removes the socket file, unless another process has replaced it.
    void close();

    asio::basic_socket_acceptor<asio::generic::stream_protocol> acceptor;
    asio::steady_timer pause; ///< while descriptors or memory are short
    std::string name;         ///< address or path, for the log
    bool local = false;
    bool warned = false; ///< that connections cannot be accepted
    std::shared_ptr<asio::ssl::context> tls;
    std::size_t connections = 0, turned_away = 0;

  private:
    std::string cert_file_, key_file_;
    std::string path_; ///< of the socket file
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

} // namespace common::http_server
