// ffl-receiver: the callback receiver as a program, for demonstrations and for trying out the agent
// by hand.
#include "common/base/file.hpp"
#include "common/text/json.hpp"
#include "test/support/receiver.hpp"
#include "test/support/until_stopped.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>

namespace {

void print(const test::Callback& callback) {
    nlohmann::ordered_json line{{"path", callback.path},
                                {"webhook_id", callback.webhook_id},
                                {"attempt", callback.attempt},
                                {"event_id", callback.event_id},
                                {"status", callback.answered}};
    if (!callback.type.empty()) {
        line["type"] = callback.type;
    }
    if (callback.signed_well) {
        line["signature"] = *callback.signed_well;
    }
    std::cout << common::text_of(line) << std::endl;
}

} // namespace

int main(int argc, char** argv) {
    const test::UntilStopped until_stopped;
    test::ReceiverOptions options;
    options.keep = false;
    std::string secret_file;
    bool quiet = false;
    CLI::App app{
        "A receiver of webhook callbacks that prints a JSON line for each. Listens on 127.0.0.1 "
        "until SIGTERM or SIGINT.",
        "ffl-receiver"};
    app.add_option("--port", options.port, "port; 0 picks a free one")->capture_default_str();
    app.add_option("--status", options.status, "status of every answer")
        ->capture_default_str()
        ->check(CLI::Range(200, 599));
    app.add_option("--fail-first", options.fail_first,
                   "number of callbacks answered with 503 first")
        ->capture_default_str();
    app.add_option("--secret-file", secret_file,
                   "check signatures with the whsec_ secret in the first line of this file")
        ->check(CLI::ExistingFile);
    app.add_flag("--quiet", quiet, "print no callbacks");
    CLI11_PARSE(app, argc, argv);

    try {
        if (!secret_file.empty()) {
            const auto text = common::read_file(secret_file);
            if (!text) {
                throw std::runtime_error{text.error().message};
            }
            options.secret = text->substr(0, text->find_first_of("\r\n"));
            test::signing_key(options.secret);
        }
        // On a fixed port a callback may arrive before the port is printed; its line waits.
        std::mutex printing;
        std::unique_lock first_line{printing};
        if (!quiet) {
            options.listener = [&printing](const test::Callback& callback) {
                const std::lock_guard lock{printing};
                print(callback);
            };
        }
        const test::Receiver receiver{options};
        std::cout << "listening on http://127.0.0.1:" << receiver.port() << std::endl;
        first_line.unlock();
        until_stopped.wait();
    } catch (const std::exception& error) {
        std::cerr << "ffl-receiver: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
