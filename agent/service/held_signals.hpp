// Signals that arrive before the process can answer them. systemd, or a person, may send SIGHUP or
// SIGTERM as soon as the process exists; the default action of both would end it without a word.
#pragma once

namespace agent {

/// Keeps SIGHUP, SIGINT and SIGTERM pending from the first line of main() on. Call it before any
/// thread exists.
void hold_signals();
/// Delivers those that are pending, and from now on each at once. Call it as soon as they are
/// caught, or when the command has no need to catch them.
void release_signals();

} // namespace agent
