#include "agent/cli/check_listeners.hpp"

#include "agent/cli/agent_client.hpp"
#include "agent/cli/check_queue.hpp"
#include "agent/config/permission.hpp"
#include "agent/config/text_file.hpp"
#include "agent/store/queue_lock.hpp"
#include "common/net/host_port.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace agent {

namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

/// Binds without listening: nobody can connect meanwhile.
error_code try_bind(const std::string& address) {
    error_code failed;
    const auto parsed = common::parse_host_port(address).value_or(common::HostPort{});
    const tcp::endpoint endpoint{boost::asio::ip::make_address(parsed.host, failed), parsed.port};
    if (failed) {
        return failed;
    }
    common::asio::io_context loop;
    tcp::acceptor acceptor{loop};
    acceptor.open(endpoint.protocol(), failed);
    if (!failed) {
        // As the agent does. A port on which somebody listens is in use all the same.
        acceptor.set_option(boost::asio::socket_base::reuse_address{true}, failed);
    }
    if (!failed) {
        acceptor.bind(endpoint, failed);
    }
    return failed;
}

/// Whether this user may not read that file, should it be there.
bool is_hidden(const std::string& file) {
    const auto readable = check_readable(file);
    return !readable && readable.error().fault == common::Fault::refused;
}

/// Somebody listens there: as it should be if it is the agent that runs on this queue.
void report_in_use(Report& report, const Config& config, Side side, const std::string& what,
                   const std::string& fix) {
    const auto holder = QueueLock::holder(config.queue.path);
    if (const auto lock = config.queue.path + "-lock"; !holder && is_hidden(lock)) {
        if (is_agent(config, side)) {
            report.warn(what + " is in use by an agent; " + user_name() +
                            " may not see whether it runs on this queue",
                        permission_advice(lock));
            return;
        }
    }
    if (!holder) {
        report.fail(what + " is in use by another program", fix);
    } else if (is_agent(config, side)) {
        report.ok(what + " is in use by " + *holder + ", the agent that runs on this queue");
    } else {
        report.fail(what + " is in use by a program that does not answer as an agent, while " +
                        *holder + " has the queue",
                    "if that agent hangs: sudo systemctl restart ffl-agent; otherwise " + fix);
    }
}

void check_listen(Report& report, const Config& config) {
    const auto& listen = config.ingest.listen;
    const auto what = "[ingest] listen = " + listen;
    const auto failed = try_bind(listen);
    if (!failed) {
        report.ok(what + " is free");
    } else if (failed == boost::system::errc::address_in_use) {
        report_in_use(report, config, Side::tcp, what,
                      "stop it (ss -ltnp shows it), or choose another port");
    } else if (failed == boost::system::errc::address_not_available) {
        report.fail(what + " is not an address of this device",
                    "use one that `ip address` shows, 127.0.0.1, or 0.0.0.0 for all of them");
    } else if (failed == boost::system::errc::permission_denied) {
        report.fail(what + ": " + user_name() + " may not listen on that port",
                    "choose a port from 1024 on");
    } else {
        report.fail(what + ": " + failed.message(), "choose another address");
    }
}

/// Errno of a connection to the socket; 0: somebody listens there.
int try_connect(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const bool connected =
        probe >= 0 &&
        ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    const int why = connected ? 0 : errno;
    if (probe >= 0) {
        ::close(probe);
    }
    return why == EAGAIN ? 0 : why; // its queue is full
}

void check_socket(Report& report, const Config& config) {
    const auto& path = config.ingest.socket;
    const auto what = "[ingest] socket = " + path;
    if (path.size() >= sizeof(sockaddr_un{}.sun_path)) {
        report.fail(what + " is " + std::to_string(path.size()) + " bytes long",
                    "choose a path of at most " +
                        std::to_string(sizeof(sockaddr_un{}.sun_path) - 1) + " bytes",
                    exit_code::bad_config);
        return;
    }
    struct stat there {};
    if (::lstat(path.c_str(), &there) == 0) {
        if (!S_ISSOCK(there.st_mode)) {
            report.fail(what + (S_ISDIR(there.st_mode) ? " is a folder" : " is not a socket"),
                        "remove it, or choose another path", exit_code::bad_config);
            return;
        }
        const int why = try_connect(path);
        if (why == EACCES) {
            report.denied(what + ": " + std::strerror(why), permission_advice(path));
            return;
        }
        if (why == 0) {
            report_in_use(report, config, Side::local, what,
                          "stop it (ss -lxp shows it), or choose another path");
            return;
        }
    }
    check_folder(report, "[ingest] socket", path);
}

} // namespace

void check_listeners(Report& report, const Config& config) {
    if (!config.ingest.listen.empty()) {
        check_listen(report, config);
    }
    if (!config.ingest.socket.empty()) {
        check_socket(report, config);
    }
}

} // namespace agent
