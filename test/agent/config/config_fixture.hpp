// A folder with an INI file and the files that it names, for the tests of agent/config.
#pragma once

#include "agent/config/config_file.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <string>
#include <vector>

namespace agent {

using Lines = std::vector<std::string>;

/// The shortest valid configuration: two lines.
constexpr const char* standalone = "[webhooks]\nfile = hooks.json\n";

class ConfigFile : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "config_test.XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
        write("hooks.json", "[]");
        write("password.txt", "pa ss\r\nsecond line\n");
        write("some.pem", "not read");
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string write(const std::string& name, const std::string& text) {
        const auto path = (folder_ / name).string();
        std::ofstream{path, std::ios::binary} << text;
        return path;
    }
    LoadedConfig load(const std::string& text, bool secrets = true,
                      const std::string& credentials = "") {
        return load_config(write("agent.ini", text), credentials, secrets);
    }
    /// The errors, without the path of the folder.
    std::vector<std::string> errors(const std::string& text, bool secrets = true) {
        auto found = load(text, secrets).errors;
        for (auto& error : found) {
            for (auto at = error.find(prefix()); at != std::string::npos;
                 at = error.find(prefix())) {
                error.erase(at, prefix().size());
            }
        }
        return found;
    }
    [[nodiscard]] std::string prefix() const { return folder_.string() + "/"; }
    [[nodiscard]] std::string in_folder(const std::string& name) const { return prefix() + name; }

    std::filesystem::path folder_;
};

} // namespace agent
