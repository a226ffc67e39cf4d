// Listener: one address on which HttpServer accepts. Loop thread. The file of a Unix socket
// outlives a crash and is replaced by whoever comes next.
#pragma once

#include "common/http_server/wire.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <sys/types.h>

namespace common {

struct Listener {
    explicit Listener(const Executor& executor) : acceptor{executor}, pause{executor} {}

    /// As HttpServer::listen and listen_unix.
    Result<std::uint16_t> open_tcp(const std::string& address, const std::string& cert,
                                   const std::string& key);
    Result<void> open_unix(const std::string& path, unsigned mode);
    /// Reads the TLS files again. On an error the old ones stay in use.
    Result<void> renew_tls();
    /// Removes the socket's file if it is still this one's.
    void close();

    asio::basic_socket_acceptor<asio::generic::stream_protocol> acceptor;
    asio::steady_timer pause; ///< while nothing can be accepted
    std::string name;         ///< address or path, for people
    bool local = false;
    bool warned = false;
    std::shared_ptr<asio::ssl::context> tls;
    std::size_t connections = 0, turned_away = 0;

  private:
    std::string cert_file_, key_file_;
    std::string path_; ///< of the socket's file
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

} // namespace common
