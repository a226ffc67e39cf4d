#include "agent/service/tls_judgement.hpp"

#include "common/http_client/tls.hpp"

namespace agent {

std::vector<TlsUse> tls_uses(const Config& config) {
    std::vector<TlsUse> uses{
        {"[server] ca_file", {config.server.ca_file, "", ""}},
        {"[ingest] TLS files", {"", config.ingest.tls_cert_file, config.ingest.tls_key_file}},
        {"[delivery] TLS files", config.delivery.defaults.tls}};
    for (const auto& section : config.overrides) {
        uses.push_back(
            {"[webhook " + section.glob + "] TLS files", settings_for(config, section.glob).tls});
    }
    std::erase_if(uses, [](const TlsUse& use) { return use.files == common::TlsFiles{}; });
    return uses;
}

std::vector<std::string> tls_errors(const Config& config) {
    std::vector<std::string> errors;
    for (const auto& [what, files] : tls_uses(config)) {
        if (const auto good = common::check_tls_files(files); !good) {
            errors.push_back(what + ": " + good.error().message);
        }
    }
    return errors;
}

} // namespace agent
