// FaultProxy: stands on loopback between a client and a server and breaks what passes, byte by
// byte, TLS too: it knows nothing of HTTP. It runs in a thread of its own; its functions may be
// called from any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace test {

/// What happens to a connection once so many bytes of one direction have passed.
struct NetworkFault {
    enum class Kind {
        none,
        vanish,  ///< no byte more in either direction, and no FIN: the cable is out
        reset,   ///< both ends get RST
        trickle, ///< from then on a byte of this direction at a time, one each `pace`
    };
    enum class From { client, server };

    Kind kind = Kind::none;
    From from = From::client;
    std::size_t after = 0; ///< with reset: so many bytes still pass
    std::chrono::milliseconds pace{10};
};

class FaultProxy {
  public:
    /// Leads to that port. Listens when the constructor returns; throws if it cannot.
    explicit FaultProxy(std::uint16_t server);
    ~FaultProxy();
    FaultProxy(const FaultProxy&) = delete;
    FaultProxy& operator=(const FaultProxy&) = delete;

    [[nodiscard]] std::uint16_t port() const;
    /// "http://127.0.0.1:PORT" + path.
    [[nodiscard]] std::string url(std::string_view path = "/") const;

    /// For connections that are made from now on. Those that vanished stay so.
    void fail(NetworkFault fault);
    /// Connections that are made from now on lead there.
    void lead_to(std::uint16_t server);
    /// All connections that are open vanish.
    void vanish();
    /// How many connections have been made.
    [[nodiscard]] std::size_t connections() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace test
