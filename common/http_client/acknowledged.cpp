#include "common/http_client/acknowledged.hpp"

#include <cstddef>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace common {

std::optional<std::uint64_t> acknowledged_bytes(int socket) {
    constexpr int tcp_level = 6; // IPPROTO_TCP of <netinet/in.h>, whose company is not wanted here
    tcp_info info{};
    socklen_t size = sizeof info;
    constexpr auto needed = offsetof(tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked;
    if (::getsockopt(socket, tcp_level, TCP_INFO, &info, &size) != 0 || size < needed) {
        return std::nullopt;
    }
    return info.tcpi_bytes_acked;
}

std::size_t unacknowledged_bytes(int socket) {
    int bytes = 0;
    return ::ioctl(socket, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes)
                                                               : 0;
}

} // namespace common
