// MeetingPeer: finds out whether connections are open at the same time, without measuring any.
#pragma once

#include <cstdint>
#include <memory>

namespace test {

/// Listens on every loopback address. Holds each connection until `together` of them are open, and
/// closes these and all that follow. Connections that are made one after another are never closed.
class MeetingPeer {
  public:
    explicit MeetingPeer(unsigned together);
    ~MeetingPeer();
    MeetingPeer(const MeetingPeer&) = delete;
    MeetingPeer& operator=(const MeetingPeer&) = delete;

    [[nodiscard]] std::uint16_t port() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace test
