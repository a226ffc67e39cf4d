#include "agent/cli/receive.hpp"

#include "agent/cli/callback_receiver.hpp"
#include "agent/cli/output.hpp"
#include "agent/config/secrets.hpp"
#include "agent/service/exit_codes.hpp"
#include "common/text/json.hpp"

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <iostream>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

void print_json(const Callback& callback) {
    nlohmann::ordered_json line{{"path", callback.path},
                                {"webhook_id", callback.webhook_id},
                                {"attempt", callback.attempt},
                                {"test", callback.test},
                                {"signature_ok", nullptr}};
    if (callback.signature) {
        line["signature_ok"] = *callback.signature == SignatureVerdict::good;
    }
    auto body = nlohmann::ordered_json::parse(callback.body, nullptr, false);
    line["body"] = body.is_discarded() ? nlohmann::ordered_json(callback.body) : std::move(body);
    std::cout << common::text_of(line) << std::endl;
}

} // namespace

int command_receive(const Command& command, const ReceiveOptions& options) {
    CallbackReceiver::Options receiver_options;
    receiver_options.status = options.status;
    if (!options.secret_file.empty()) {
        Warnings warnings;
        auto keys = read_signing_keys(options.secret_file, warnings);
        if (!keys) {
            return complain(keys.error());
        }
        receiver_options.keys = std::move(*keys);
        for (const auto& warning : warnings) {
            std::cerr << "ffl-agent: warning: " << warning << '\n';
        }
    }
    common::asio::io_context loop{1};
    CallbackReceiver receiver{loop.get_executor(), std::move(receiver_options),
                              [json = command.json](const Callback& callback) {
                                  if (json) {
                                      print_json(callback);
                                  } else {
                                      std::cout << show_callback(callback) << std::endl;
                                  }
                              }};
    const auto port = receiver.listen(options.port);
    if (!port) {
        return complain(port.error());
    }
    std::cerr << "receiving at http://127.0.0.1:" << *port << "/ until Ctrl-C; each callback is "
              << "answered with " << options.status << std::endl;
    common::asio::signal_set signals{loop, SIGINT, SIGTERM};
    signals.async_wait([&](const boost::system::error_code&, int) { loop.stop(); });
    loop.run();
    return exit_code::done;
}

} // namespace agent
