// journald's native protocol without libsystemd: an entry is one datagram of named fields. Any
// thread.
#pragma once

#include <string>
#include <string_view>

namespace common {

/// Whether journald reads that descriptor: `journal_stream` is the value of $JOURNAL_STREAM, which
/// names device and inode of the stream that systemd gave to a service. A process that was started
/// by the service and writes elsewhere has inherited the variable alone.
bool is_read_by_journald(int descriptor, const char* journal_stream);

/// Appends a field to an entry. Any bytes are a value: one with a line break is sent with its
/// length, so that it cannot begin a field of its own. The name is upper-case letters, digits and
/// underscores and does not begin with one; journald drops others.
void append_field(std::string& entry, std::string_view name, std::string_view value);

class Journal {
  public:
    explicit Journal(std::string_view socket);
    ~Journal();
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    /// Never waits. False: nothing of the entry was taken, because nobody listens, because it is
    /// too long for a datagram, or because those before it have not been read yet.
    [[nodiscard]] bool send(std::string_view entry) const;

  private:
    std::string socket_;
    int descriptor_ = -1;
};

} // namespace common
