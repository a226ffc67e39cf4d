#include "agent/cli/demo.hpp"

#include "agent/cli/agent_client.hpp"
#include "agent/cli/callback_receiver.hpp"
#include "agent/cli/demo_scene.hpp"
#include "agent/cli/output.hpp"
#include "agent/config/config_file.hpp"
#include "agent/service/held_signals.hpp"
#include "agent/service/service.hpp"
#include "common/async/clock.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>
#include <unistd.h>

namespace agent {

namespace {

namespace asio = common::asio;
namespace fs = std::filesystem;
using asio::ip::tcp;
using common::Result;

constexpr std::uint16_t usual_port = 8093;
constexpr std::chrono::seconds between_events{3};
constexpr std::chrono::milliseconds until_asked_again{50};

/// A folder in memory where the system has one, removed at the end.
class DemoFolder {
  public:
    DemoFolder() {
        for (const auto& base : {fs::path{"/dev/shm"}, fs::temp_directory_path()}) {
            auto name = (base / "ffl-agent-demo-XXXXXX").string();
            if (::mkdtemp(name.data()) != nullptr) {
                path_ = name;
                return;
            }
        }
    }
    DemoFolder(const DemoFolder&) = delete;
    DemoFolder& operator=(const DemoFolder&) = delete;
    ~DemoFolder() {
        std::error_code gone_already;
        fs::remove_all(path_, gone_already);
    }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] bool write(const std::string& name, const std::string& text) const {
        return static_cast<bool>(std::ofstream{path_ + "/" + name} << text << std::flush);
    }

  private:
    std::string path_;
};

/// A port of this machine that is free now: `wanted`, or any where that is 0 or taken.
std::uint16_t free_port(std::uint16_t wanted) {
    asio::io_context loop;
    tcp::acceptor acceptor{loop, tcp::v4()};
    acceptor.set_option(tcp::acceptor::reuse_address{true});
    boost::system::error_code taken;
    acceptor.bind({asio::ip::address_v4::loopback(), wanted}, taken);
    if (taken) {
        acceptor.bind({asio::ip::address_v4::loopback(), 0});
    }
    return acceptor.local_endpoint().port();
}

void say(const std::string& line) {
    std::cout << line << std::endl;
}

/// Everything beside the agent: the receiver and the cameras, on a thread and a loop of their own.
class Surroundings {
  public:
    explicit Surroundings(bool with_events)
        : with_events_{with_events}, receiver_{loop_.get_executor(), {}, show} {}
    Surroundings(const Surroundings&) = delete;
    Surroundings& operator=(const Surroundings&) = delete;
    ~Surroundings() {
        loop_.stop();
        if (thread_.joinable()) {
            thread_.join();
        }
    }
    Result<std::uint16_t> listen() { return receiver_.listen(0); }
    void start(Config agent, std::string greeting) {
        agent_ = std::move(agent);
        // Only its own socket is asked: its port may be that of somebody else's agent.
        agent_.ingest.listen.clear();
        greeting_ = std::move(greeting);
        timer_.expires_after(std::chrono::milliseconds{0});
        wait();
        thread_ = std::thread{[this] { loop_.run(); }};
    }

  private:
    static void show(const Callback& callback) { say(show_callback(callback)); }
    void wait() {
        timer_.async_wait([this](const boost::system::error_code& stopped) {
            if (!stopped) {
                take_turn();
            }
        });
    }
    void take_turn() {
        if (!greeted_) {
            greeted_ = ask_agent(agent_, "GET", "/v1/status").has_value();
            if (greeted_) {
                say(greeting_);
            }
            timer_.expires_after(greeted_ ? std::chrono::milliseconds{500} : until_asked_again);
        } else if (with_events_) {
            send_event();
            timer_.expires_after(between_events);
        } else {
            return;
        }
        wait();
    }
    void send_event() {
        const auto event = demo_event(++sent_);
        const auto answer = ask_agent(agent_, "POST", "/v1/events", event);
        const auto deliveries = answer ? answer->value("deliveries", 0) : 0;
        say(time_of_day() + "  event     demo-" + std::to_string(sent_) + "  " + show_event(event) +
            "  -> " +
            (!answer           ? answer.error().message
             : deliveries == 0 ? "accepted, no webhook gets it (the page says why)"
                               : "accepted, deliveries: " + std::to_string(deliveries)));
    }

    bool with_events_;
    bool greeted_ = false;
    std::size_t sent_ = 0;
    Config agent_;
    std::string greeting_;
    asio::io_context loop_{1};
    asio::steady_timer timer_{loop_};
    CallbackReceiver receiver_;
    std::thread thread_;
};

std::string greeting(const std::string& folder, std::uint16_t port, bool with_events) {
    const auto url = "http://127.0.0.1:" + std::to_string(port);
    return std::string{"An agent with four webhooks and a receiver are running"} +
           (with_events ? "; every 3 s a camera recognises somebody.\n" : ".\n") + "  Page    " +
           url +
           "/\n"
           "  Send    curl -H 'Content-Type: application/json' -d '{" +
           demo_events().front() + "}' " + url +
           "/v1/events\n"
           "  Ask     export FFL_AGENT_CONFIG=" +
           folder +
           "/agent.ini\n"
           "          ffl-agent status; ffl-agent queue list; ffl-agent explain event.json\n"
           "  Files   " +
           folder +
           "/webhooks.json and agent.ini are yours to copy\n"
           "Ctrl-C ends it, and nothing stays.\n";
}

Result<Config> make_agent(const DemoFolder& folder, std::uint16_t port,
                          std::uint16_t receiver_port) {
    if (folder.path().empty() || !folder.write("webhooks.json", demo_webhooks(receiver_port)) ||
        !folder.write("agent.ini", demo_config(folder.path(), port))) {
        return common::fail(common::Fault::storage, "cannot write to a temporary folder");
    }
    auto loaded = load_config(folder.path() + "/agent.ini", "");
    if (!loaded.good()) {
        return common::fail(common::Fault::config, loaded.errors.front());
    }
    return std::move(loaded.config);
}

} // namespace

int command_demo(const DemoOptions& options) {
    hold_signals(); // until the service catches them, or an early Ctrl-C would leave the folder
    const DemoFolder folder;
    Surroundings surroundings{options.with_events};
    const auto receiver_port = surroundings.listen();
    if (!receiver_port) {
        return complain(receiver_port.error());
    }
    const auto port = options.port != 0 ? options.port : free_port(usual_port);
    auto config = make_agent(folder, port, *receiver_port);
    if (!config) {
        return complain(config.error());
    }
    surroundings.start(*config, greeting(folder.path(), port, options.with_events));
    return run_service(std::move(*config));
}

} // namespace agent
