// MemoryFile: a file without a disk, for code that reads a path.
#pragma once

#include <string>
#include <string_view>

namespace fuzz {

class MemoryFile {
  public:
    MemoryFile();
    ~MemoryFile();
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;

    void write(std::string_view bytes);
    [[nodiscard]] std::string path() const;

  private:
    int file_;
};

} // namespace fuzz
