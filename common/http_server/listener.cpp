#include "common/http_server/listener.hpp"

#include "common/net/host_port.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace common::http_server {

namespace {

using asio::ip::tcp;
using boost::system::error_code;

std::string reason(const error_code& failed) {
    auto text = failed.message();
    if (!text.empty() && text.front() >= 'A' && text.front() <= 'Z') {
        text.front() = static_cast<char>(text.front() - 'A' + 'a');
    }
    return text;
}

error_code last_error() {
    return {errno, boost::system::system_category()};
}

std::optional<tcp::endpoint> parse(std::string_view address) {
    const auto parsed = parse_host_port(address);
    error_code failed;
    const auto ip = asio::ip::make_address(parsed ? parsed->host : "", failed);
    return failed ? std::nullopt : std::optional{tcp::endpoint{ip, parsed->port}};
}

/// Whether a process listens on the socket file, as the kernel lists it. For a socket of another
/// user, to which only root can connect; the list is that of this network namespace.
bool is_listed(const std::string& path) {
    struct stat ours {};
    if (::stat(path.c_str(), &ours) != 0) {
        return false;
    }
    std::ifstream list{"/proc/net/unix"};
    if (!list) {
        return true; // not known: another process may still listen on it
    }
    for (std::string line; std::getline(list, line);) {
        const auto at = line.find(" /");
        struct stat there {};
        if (at != std::string::npos && ::stat(line.c_str() + at + 1, &there) == 0 &&
            there.st_dev == ours.st_dev && there.st_ino == ours.st_ino) {
            return true;
        }
    }
    return false;
}

/// Whether a process listens on the socket file.
Result<bool> in_use(const sockaddr_un& address, const std::string& path) {
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0) {
        return fail(Fault::storage, path + ": " + reason(last_error()));
    }
    const int connected =
        ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const auto why = last_error();
    ::close(probe);
    if (connected == 0 || why.value() == EAGAIN) { // EAGAIN: its queue is full
        return true;
    }
    if (why.value() == ECONNREFUSED) {
        return false;
    }
    if (why.value() == EACCES || why.value() == EPERM) {
        return is_listed(path);
    }
    return fail(Fault::config,
                path + ": cannot find out whether the existing socket is in use: " + reason(why));
}

/// Fault::own where the disk takes no files now, which may pass.
Fault fault_of(const error_code& why) {
    const int number = why.value();
    return number == EROFS || number == ENOSPC || number == EDQUOT || number == EIO
               ? Fault::own
               : Fault::storage;
}

Result<void> remove_stale_socket(const sockaddr_un& address, const std::string& path) {
    struct stat there {};
    if (::lstat(path.c_str(), &there) != 0) {
        return {}; // bind() will say what is wrong, if anything is
    }
    if (!S_ISSOCK(there.st_mode)) {
        return fail(Fault::config,
                    path +
                        ": the file exists and is not a socket; remove it or choose another path");
    }
    const auto busy = in_use(address, path);
    if (!busy) {
        return fail(busy.error());
    }
    if (*busy) {
        return fail(Fault::unreachable, "another process is listening on " + path);
    }
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
        const auto why = last_error();
        return fail(fault_of(why), path + ": cannot remove the old socket: " + reason(why) +
                                       "; nobody listens on it: remove it as its owner (sudo rm " +
                                       path + ")");
    }
    return {};
}

} // namespace

Result<std::uint16_t> Listener::open_tcp(const std::string& address, const std::string& cert,
                                         const std::string& key) {
    name = address;
    const auto endpoint = parse(address);
    if (!endpoint) {
        return fail(Fault::config,
                    address +
                        ": expected an IP address and a port, like 127.0.0.1:8093 or [::1]:8093");
    }
    if (!cert.empty() || !key.empty()) {
        cert_file_ = cert;
        key_file_ = key;
        auto context = server_tls(cert, key);
        if (!context) {
            return fail(context.error());
        }
        tls = std::move(*context);
    }
    error_code failed;
    acceptor.open(endpoint->protocol(), failed);
    if (!failed) {
        acceptor.set_option(asio::socket_base::reuse_address{true},
                            failed); // a restart need not wait for old connections
    }
    if (!failed) {
        acceptor.bind(*endpoint, failed);
    }
    if (!failed) {
        acceptor.listen(asio::socket_base::max_listen_connections, failed);
    }
    if (failed) {
        return fail(Fault::unreachable, address + ": " + reason(failed));
    }
    const auto bound = acceptor.local_endpoint(failed);
    tcp::endpoint here;
    std::memcpy(here.data(), bound.data(), std::min(bound.size(), here.capacity()));
    return here.port();
}

Result<void> Listener::open_unix(const std::string& path, unsigned mode) {
    name = path;
    local = true;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) {
        return fail(Fault::config, path + ": expected a socket path of 1 to " +
                                       std::to_string(sizeof address.sun_path - 1) +
                                       " bytes, found " + std::to_string(path.size()));
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    if (auto removed = remove_stale_socket(address, path); !removed) {
        return removed;
    }
    error_code failed;
    acceptor.open(asio::local::stream_protocol{}, failed);
    // bind() creates the file with at most these bits (the umask may clear some); chmod() sets
    // them exactly, before any client can connect.
    if (!failed && ::fchmod(acceptor.native_handle(), static_cast<mode_t>(mode)) != 0) {
        failed = last_error();
    }
    if (!failed) {
        acceptor.bind(asio::local::stream_protocol::endpoint{path}, failed);
    }
    if (failed == boost::system::errc::no_such_file_or_directory) {
        return fail(Fault::config,
                    path + ": the folder does not exist; create it or choose another path");
    }
    struct stat here {};
    if (!failed && (::chmod(path.c_str(), static_cast<mode_t>(mode)) != 0 ||
                    ::lstat(path.c_str(), &here) != 0)) {
        failed = last_error();
    }
    if (!failed) {
        acceptor.listen(asio::socket_base::max_listen_connections, failed);
    }
    if (failed) {
        return fail(fault_of(failed), path + ": " + reason(failed));
    }
    path_ = path;
    device_ = here.st_dev;
    inode_ = here.st_ino;
    return {};
}

Result<void> Listener::reload_tls() {
    if (!tls) {
        return {};
    }
    auto context = server_tls(cert_file_, key_file_);
    if (!context) {
        return fail(context.error());
    }
    tls = std::move(*context);
    return {};
}

void Listener::close() {
    struct stat there {};
    if (!path_.empty() && ::lstat(path_.c_str(), &there) == 0 && there.st_dev == device_ &&
        there.st_ino == inode_) {
        ::unlink(path_.c_str());
    }
    path_.clear();
    error_code gone_already;
    acceptor.close(gone_already);
    pause.cancel();
}

} // namespace common::http_server
