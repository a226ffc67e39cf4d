#include "agent/cli/report.hpp"

#include "common/base/printable.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <iomanip>
#include <iostream>

namespace agent {

using nlohmann::json;

void Report::fail(const std::string& what, const std::string& fix, int code) {
    add("fail", what, fix);
    code_ = std::max(code_, code);
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
        std::cout << common::text_of(json{{"checks", checks_}}) << '\n';
    }
    return code_;
}

void Report::add(const char* result, const std::string& what, const std::string& fix) {
    if (as_json_) {
        checks_.push_back(
            {{"result", result}, {"what", what}, {"fix", fix.empty() ? json{} : json(fix)}});
    } else {
        std::cout << std::left << std::setw(6) << result << common::printable(what)
                  << (fix.empty() ? "" : " -- ") << common::printable(fix) << '\n';
    }
}

} // namespace agent
