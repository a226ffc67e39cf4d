#include "common/http_client/shortage.hpp"

#include <boost/asio/ssl/error.hpp>
#include <cerrno>
#include <fcntl.h>
#include <openssl/err.h>
#include <unistd.h>

namespace common {

bool is_shortage(int why) {
    switch (why) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case ENOSPC:        // epoll: no watch is left
    case EADDRINUSE:    // connect() and no local port is left
    case EADDRNOTAVAIL: // the same; the client tells it from "no address for that network"
        return true;
    default:
        return false;
    }
}

bool out_of_descriptors() {
    const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        ::close(file);
        return false;
    }
    return errno == EMFILE || errno == ENFILE;
}

Fault fault_of(boost::system::error_code why) {
    const bool tls = why.category() == boost::asio::error::get_ssl_category();
    const bool own =
        tls ? ERR_GET_REASON(static_cast<unsigned long>(why.value())) == ERR_R_MALLOC_FAILURE
            : why.category() == boost::system::system_category() && is_shortage(why.value());
    return own ? Fault::own : Fault::unreachable;
}

} // namespace common
