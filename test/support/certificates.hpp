// Certificates: a throw-away authority and what it signs, as PEM files in a temporary folder that
// goes with the object.
#pragma once

#include "test/support/scripted_server.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace test {

class Certificates {
  public:
    struct Files {
        std::string cert_file, key_file;
    };

    Certificates();
    ~Certificates();
    Certificates(const Certificates&) = delete;
    Certificates& operator=(const Certificates&) = delete;

    /// Of the authority.
    [[nodiscard]] std::string ca_file() const;
    /// For localhost, 127.0.0.1 and ::1.
    Files server();
    /// The same, valid until yesterday, and from tomorrow on.
    Files expired_server();
    Files early_server();
    /// For that name only.
    Files server_for(std::string_view name);
    /// Signed by itself, for localhost, 127.0.0.1 and ::1.
    Files self_signed();
    Files client();

    /// A file of that name in the folder.
    [[nodiscard]] std::string path(std::string_view name) const;
    std::string write(std::string_view name, std::string_view text);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// With these a ScriptedServer speaks TLS; with `client_ca_file` it requires a client certificate.
ServerFiles server_files(const Certificates::Files& files, std::string client_ca_file = {});

} // namespace test
