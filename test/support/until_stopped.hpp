// UntilStopped: lets a small program run until SIGTERM or SIGINT. Construct it before the program
// starts a thread: threads inherit the blocked signals.
#pragma once

#include <csignal>
#include <pthread.h>

namespace test {

class UntilStopped {
  public:
    UntilStopped() {
        sigemptyset(&signals_);
        sigaddset(&signals_, SIGTERM);
        sigaddset(&signals_, SIGINT);
        pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    }
    void wait() const {
        int which = 0;
        sigwait(&signals_, &which);
    }

  private:
    sigset_t signals_{};
};

} // namespace test
