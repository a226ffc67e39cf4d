#include "agent/cli/report.hpp"

#include "common/base/printable.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <iomanip>
#include <iostream>

namespace agent {

using nlohmann::json;

namespace {

const char* to_string(Level level) {
    switch (level) {
    case Level::ok:
        return "ok";
    case Level::warn:
        return "warn";
    case Level::fail:
        return "fail";
    }
    return "fail";
}

} // namespace

void Report::add(const Finding& finding, int code) {
    const auto& [level, what, fix] = finding;
    if (level == Level::fail) {
        code_ = std::max(code_, code);
    }
    if (as_json_) {
        findings_.push_back({{"level", to_string(level)},
                             {"what", what},
                             {"fix", fix.empty() ? json{} : json(fix)}});
        return;
    }
    std::cout << std::left << std::setw(6) << to_string(level) << common::printable(what)
              << (fix.empty() ? "" : " -- ") << common::printable(fix) << '\n';
    std::cout.flush(); // the next one may take as long as a time-out
}

void Report::add(const Findings& findings) {
    for (const auto& finding : findings) {
        add(finding);
    }
}

void Report::denied(const std::string& what, const std::string& fix, int code) {
    if (service_.empty()) {
        fail(what, fix, code);
    } else {
        warn("not checked: " + what, "run it with sudo -u " + service_);
    }
}

int Report::finish() const {
    if (as_json_) {
        std::cout << common::text_of(
                         json{{"findings", findings_}, {"ok", code_ == exit_code::done}})
                  << '\n';
    }
    return code_;
}

} // namespace agent
