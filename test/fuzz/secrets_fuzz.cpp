// The files that the INI file names: what is taken from them can stand where it will be sent.

#include "agent/config/secrets.hpp"
#include "common/base/crypto.hpp"
#include "test/fuzz/memory_file.hpp"
#include "test/fuzz/target.hpp"

#include <algorithm>

namespace {

using fuzz::require;

void read_token(const std::string& path) {
    agent::Warnings warnings;
    const auto token = agent::read_token_file(path, warnings);
    const auto printable = [](char c) { return c > ' ' && c < 0x7f; };
    require(!token || (!token->empty() && std::ranges::all_of(*token, printable)),
            "a token is printable ASCII");
    const auto password = agent::read_password(path, warnings);
    require(!password || (!password->empty() && agent::is_utf8(*password) &&
                          password->find_first_of("\r\n") == std::string::npos),
            "a password is one line");
    require(!token || (password && *password == *token), "a token could be a password");
}

void read_keys(fuzz::MemoryFile& file) {
    agent::Warnings warnings;
    const auto keys = agent::read_signing_keys(file.path(), warnings);
    if (!keys) {
        return;
    }
    std::string text;
    for (const auto& key : *keys) {
        require(key.size() >= 24 && key.size() <= 64, "a key has 24 to 64 bytes");
        text += "whsec_" + common::base64(key) + '\n';
    }
    file.write(text);
    const auto again = agent::read_signing_keys(file.path(), warnings);
    require(again && *again == *keys, "keys are read as written");
}

void read_headers(fuzz::MemoryFile& file) {
    agent::Warnings warnings;
    const auto headers = agent::read_header_lines(file.path(), warnings);
    if (!headers) {
        return;
    }
    std::string text;
    for (const auto& [name, value] : *headers) {
        require(common::valid_header(name, value) && !common::is_framing_header(name),
                "a header can be sent");
        text += name + ": " + value + '\n';
    }
    file.write(text);
    const auto again = agent::read_header_lines(file.path(), warnings);
    require(again && *again == *headers, "headers are read as written");
}

void read(std::string_view bytes) {
    static fuzz::MemoryFile file;
    file.write(bytes);
    read_token(file.path());
    read_keys(file);
    file.write(bytes);
    read_headers(file);
}

const fuzz::Registered registered{{"secrets", read}};

} // namespace
