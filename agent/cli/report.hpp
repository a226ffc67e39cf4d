// Report: what `ffl-agent check` finds, a line each, and the exit code that follows from it.
#pragma once

#include "agent/cli/finding.hpp"
#include "agent/service/exit_codes.hpp"

#include <nlohmann/json.hpp>
#include <string>

namespace agent {

class Report {
  public:
    /// `as_json`: all findings as one document at the end.
    explicit Report(bool as_json) : as_json_{as_json} {}

    /// `code`: the exit code if it is a failure.
    void add(const Finding& finding, int code = exit_code::check_failed);
    void add(const Findings& findings);
    void ok(const std::string& what) { add({Level::ok, what}); }
    void warn(const std::string& what, const std::string& fix) { add({Level::warn, what, fix}); }
    void fail(const std::string& what, const std::string& fix, int code = exit_code::check_failed) {
        add({Level::fail, what, fix}, code);
    }

    /// From now on what this user may not read or write is no failure: the service's user may.
    void judge_for(std::string service) { service_ = std::move(service); }
    /// What this user may not do. A failure, unless the service runs as another user.
    void denied(const std::string& what, const std::string& fix,
                int code = exit_code::check_failed);
    [[nodiscard]] bool judges_for_another() const { return !service_.empty(); }

    /// Prints what is left to print and returns the exit code.
    int finish() const;

  private:
    bool as_json_;
    std::string service_;
    nlohmann::json findings_ = nlohmann::json::array();
    int code_ = exit_code::done;
};

} // namespace agent
