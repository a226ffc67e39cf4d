// ffl-simulator: the simulated FindFace Lite server as a program, for demonstrations and for trying
// out the agent by hand.
#include "common/base/file.hpp"
#include "test/support/simulator.hpp"
#include "test/support/until_stopped.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

int main(int argc, char** argv) {
    using Shape = test::SimulatorOptions::Shape;
    const std::map<std::string, Shape> shapes{{"bare", Shape::bare},
                                              {"results", Shape::results},
                                              {"items", Shape::items},
                                              {"data", Shape::data}};
    const test::UntilStopped until_stopped;

    test::SimulatorOptions options;
    std::string password_file;
    std::string webhooks_file;
    std::int64_t token_s = options.token_life.count();
    CLI::App app{"A simulated FindFace Lite server: login and webhooks. Listens on 127.0.0.1 until "
                 "SIGTERM or SIGINT.",
                 "ffl-simulator"};
    app.add_option("--port", options.port, "port; 0 picks a free one")->capture_default_str();
    app.add_option("--user", options.user, "user name for the login")->capture_default_str();
    app.add_option("--password-file", password_file,
                   "file whose first line is the password (default: secret)")
        ->check(CLI::ExistingFile);
    app.add_option("--token-seconds", token_s, "lifetime of the tokens in seconds")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    app.add_option("--shape", options.shape,
                   "shape of a list: bare, results, items, data (default: results)")
        ->transform(CLI::CheckedTransformer(shapes))
        ->option_text("SHAPE");
    app.add_option("--page-size", options.page_size, "webhooks per page; 0 puts all on one")
        ->capture_default_str();
    app.add_option("--first-id", options.first_id, "id of the first webhook")
        ->capture_default_str();
    app.add_flag("!--no-patch", options.patch, "answer PATCH with 405");
    app.add_option("--webhooks", webhooks_file, "file with the initial definitions, a JSON array")
        ->check(CLI::ExistingFile);
    CLI11_PARSE(app, argc, argv);

    options.token_life = std::chrono::seconds{token_s};
    if (!password_file.empty()) {
        const auto text = common::read_file(password_file);
        if (!text) {
            std::cerr << "ffl-simulator: " << text.error().message << '\n';
            return 1;
        }
        options.password = text->substr(0, text->find_first_of("\r\n"));
    }
    if (!webhooks_file.empty()) {
        const auto text = common::read_file(webhooks_file);
        const auto definitions =
            text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json{};
        if (!definitions.is_array()) {
            std::cerr << "ffl-simulator: " << webhooks_file
                      << ": expected a JSON array of webhooks\n";
            return 1;
        }
        for (const auto& definition : definitions) {
            if (const auto fault = test::fault_in(definition, true); !fault.empty()) {
                std::cerr << "ffl-simulator: " << webhooks_file << ": " << fault << '\n';
                return 1;
            }
            options.webhooks.push_back(definition);
        }
    }
    try {
        test::Simulator simulator{options};
        std::cout << "listening on " << simulator.url() << std::endl;
        until_stopped.wait();
    } catch (const std::exception& error) {
        std::cerr << "ffl-simulator: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
