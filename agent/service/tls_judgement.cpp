#include "agent/service/tls_judgement.hpp"

#include "common/http_client/tls.hpp"
#include "common/net/tls_files.hpp"

#include <algorithm>

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

std::vector<OutsideFacts::OwnCertificate> own_certificates(const Config& config) {
    using Own = OutsideFacts::OwnCertificate;
    std::vector<Own> all;
    const auto add = [&all](std::string what, const std::string& file) {
        if (file.empty() || std::ranges::find(all, file, &Own::file) != all.end()) {
            return;
        }
        if (const auto ends = common::end_of_file(file)) {
            all.push_back({std::move(what), file, *ends});
        }
    };
    add("[ingest] tls_cert_file", config.ingest.tls_cert_file);
    add("[delivery] client_cert_file", config.delivery.defaults.tls.client_cert_file);
    for (const auto& section : config.overrides) {
        add("[" + section.section + "] client_cert_file", section.client_cert_file.value_or(""));
    }
    return all;
}

} // namespace agent
