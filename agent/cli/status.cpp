#include "agent/cli/status.hpp"

#include "agent/cli/agent_client.hpp"
#include "agent/cli/output.hpp"
#include "agent/service/exit_codes.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

using nlohmann::json;

std::string show_bytes(const json& bytes) {
    const auto n = bytes.get<std::uint64_t>();
    if (n >= 10ULL << 20) {
        return std::to_string(n >> 20) + " MiB";
    }
    return std::to_string((n + 1023) >> 10) + " KiB";
}

/// Why the file on disk is not what runs, and what in it may not be meant.
void print_config(const json& status) {
    const auto config = status.value("config", json::object());
    for (const auto& error : config.value("errors", json::array())) {
        std::cout << "\nREFUSED  " << error.get<std::string>();
    }
    if (config.value("refused_since", json{}).is_string()) {
        std::cout << "\n         since " << text_or(config.at("refused_since"), "?")
                  << " the agent runs with what it read before, not with the file on disk";
    }
    for (const auto& setting : config.value("awaiting_restart", json::array())) {
        std::cout << "\nrestart  " << setting.get<std::string>()
                  << " was changed, and takes effect with a restart";
    }
    for (const auto& warning : status.value("warnings", json::array())) {
        std::cout << "\nwarning  " << warning.get<std::string>();
    }
}

void print_status(const json& status) {
    const auto& server = status.at("server");
    const auto& queue = status.at("queue");
    const auto& store = status.at("store");
    std::cout << "agent    " << text_or(status.value("version", json{}), "?") << ", up "
              << show_seconds(status.at("uptime_s")) << '\n';
    std::cout << "server   ";
    if (server.at("url").is_null()) {
        std::cout << "none (standalone)";
    } else {
        std::cout << text_or(server.at("url"), "?") << ": "
                  << text_or(server.value("state", json{}), "?") << ", last fetch "
                  << text_or(server.at("last_sync"), "never");
    }
    if (const auto error = text_or(server.at("last_error"), ""); !error.empty()) {
        std::cout << ", error: " << error;
    }
    std::cout << "\nqueue    " << queue.at("pending") << " pending, " << queue.at("dead")
              << " dead letters, oldest " << show_seconds(queue.at("oldest_s")) << ", "
              << show_bytes(queue.at("bytes")) << " of " << show_bytes(queue.at("max_bytes"));
    std::cout << "\ndatabase " << text_or(store.value("path", json{}), "?") << ", sync "
              << text_or(store.value("sync", json{}), "?")
              << (store.value("degraded", false) ? ", CANNOT BE WRITTEN, new events are refused: " +
                                                       text_or(store.at("last_error"), "")
                                                 : "");
    for (const auto& file : store.at("quarantined")) {
        std::cout << "\n         set aside as damaged: " << text_or(file, "?");
    }
    std::cout << "\nclock    "
              << (status.at("clock").value("synchronized", false) ? "synchronised"
                                                                  : "NOT synchronised");
    print_config(status);
    std::cout << "\n\n";
    std::vector<std::vector<std::string>> rows{{"KEY", "NAME", "STATE", "MATCHED", "DELIVERED",
                                                "FAILED", "PENDING", "DEAD", "TARGET", "NOTE"}};
    for (const auto& webhook : status.at("webhooks")) {
        auto note = text_or(webhook.at("reason"), text_or(webhook.at("last_error"), ""));
        for (const auto& warning : webhook.at("warnings")) {
            if (const auto text = text_or(warning, ""); note.find(text) == std::string::npos) {
                note += (note.empty() ? "" : "; ") + text;
            }
        }
        rows.push_back({webhook.value("key", ""), webhook.value("name", ""),
                        webhook.value("state", ""), webhook.at("matched").dump(),
                        webhook.at("delivered").dump(), webhook.at("failed").dump(),
                        webhook.at("pending").dump(), webhook.at("dead").dump(),
                        text_or(webhook.at("target"), "-"), short_reason(note)});
    }
    print_table(rows);
}

} // namespace

int command_status(const Command& command) {
    const auto status = ask_agent(command.config, "GET", "/v1/status");
    if (!status) {
        return complain(status.error());
    }
    if (command.json) {
        std::cout << status->dump() << '\n';
    } else {
        print_status(*status);
    }
    return exit_code::done;
}

int command_sync(const Command& command) {
    const auto changes = ask_agent(command.config, "POST", "/v1/sync");
    if (!changes) {
        return complain(changes.error());
    }
    if (command.json) {
        std::cout << changes->dump() << '\n';
        return exit_code::done;
    }
    bool any = false;
    for (const auto* what : {"added", "changed", "removed"}) {
        for (const auto& key : changes->at(what)) {
            std::cout << what << " " << text_or(key, "?") << '\n';
            any = true;
        }
    }
    if (!any) {
        std::cout << "nothing changed\n";
    }
    return exit_code::done;
}

} // namespace agent
