#include "agent/config/text_file.hpp"

#include "agent/config/permission.hpp"
#include "common/text/plain_text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace agent {

namespace {

using common::fail;
using common::Fault;
using common::Result;

class Descriptor {
  public:
    explicit Descriptor(int number) : number_{number} {}
    ~Descriptor() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int get() const { return number_; }

  private:
    int number_;
};

common::Error cannot_open(const std::string& path, int why) {
    common::Error error{Fault::storage, "cannot open " + path + ": " + std::strerror(why)};
    if (why == EACCES || why == EPERM) {
        error = {Fault::refused, error.message + "; " + permission_advice(path)};
    }
    return error;
}

Result<void> check_kind(int file, const std::string& path) {
    struct stat kind {};
    if (::fstat(file, &kind) == 0 && S_ISDIR(kind.st_mode)) {
        return fail(Fault::storage, path + " is a directory: expected a file");
    }
    return {};
}

Result<std::string> read_all(int file, const std::string& name, std::size_t limit) {
    std::string bytes;
    std::array<char, 65536> buffer{};
    ssize_t got = 0;
    while ((got = ::read(file, buffer.data(), buffer.size())) > 0 || (got < 0 && errno == EINTR)) {
        bytes.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (bytes.size() > limit) {
            const bool large = limit >= 1UL << 20;
            return fail(Fault::input, name + " is too long: expected at most " +
                                          std::to_string(large ? limit >> 20 : limit >> 10) +
                                          (large ? " MiB" : " KiB"));
        }
    }
    if (got < 0) {
        return fail(Fault::storage, "cannot read " + name + ": " + std::strerror(errno));
    }
    auto text = common::plain_text(std::move(bytes));
    return text ? std::move(text) : fail(name, text.error());
}

} // namespace

Result<std::string> read_text_file(const std::string& path, std::size_t limit) {
    // Without waiting: a named pipe that nobody writes to would hold the start up for ever.
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (file.get() < 0) {
        return fail(cannot_open(path, errno));
    }
    if (auto good = check_kind(file.get(), path); !good) {
        return fail(good.error());
    }
    ::fcntl(file.get(), F_SETFL, ::fcntl(file.get(), F_GETFL) & ~O_NONBLOCK);
    return read_all(file.get(), path, limit);
}

Result<std::string> read_text_input(std::size_t limit) {
    const std::string name = "standard input";
    if (auto good = check_kind(STDIN_FILENO, name); !good) {
        return fail(good.error());
    }
    return read_all(STDIN_FILENO, name, limit);
}

Result<void> check_readable(const std::string& path) {
    struct stat kind {};
    if (::stat(path.c_str(), &kind) == 0 && S_ISDIR(kind.st_mode)) {
        return fail(Fault::storage, path + " is a directory: expected a file");
    }
    return ::access(path.c_str(), R_OK) == 0 ? Result<void>{} : fail(cannot_open(path, errno));
}

} // namespace agent
