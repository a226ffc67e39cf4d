#include "agent/service/held_signals.hpp"

#include <csignal>
#include <initializer_list>
#include <pthread.h>

namespace agent {

namespace {

void set_mask(int how) {
    sigset_t signals{};
    sigemptyset(&signals);
    for (const int signal : {SIGHUP, SIGINT, SIGTERM}) {
        sigaddset(&signals, signal);
    }
    ::pthread_sigmask(how, &signals, nullptr);
}

} // namespace

void hold_signals() {
    set_mask(SIG_BLOCK);
}

void release_signals() {
    set_mask(SIG_UNBLOCK);
}

} // namespace agent
