#include "common/async/turn.hpp"

namespace common {

Task<> Turn::next() {
    co_await asio::post(asio::use_awaitable);
    begun_ = clock_.now();
}

} // namespace common
