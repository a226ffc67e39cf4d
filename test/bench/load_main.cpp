// ffl-load: producers and a receiver in one process, around a running agent. It counts every event:
// accepted, delivered, delivered more than once, never delivered. Plain blocking sockets and one
// thread a connection, so that it costs little beside what it measures. Prints one JSON object.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstring>
#include <iostream>
#include <mutex>
#include <netinet/tcp.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
    std::uint16_t agent_port = 0;
    std::uint16_t receiver_port = 0;
    unsigned producers = 16;
    double seconds = 5;
    double rate = 0; // events a second, all producers together; 0: as fast as answers come
    std::size_t size = 1200;
    unsigned batch = 1;
};

int connect_to(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error{"nobody listens on port " + std::to_string(port)};
    }
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

bool send_all(int fd, const std::string& text) {
    for (std::size_t sent = 0; sent < text.size();) {
        const auto n = ::send(fd, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (n <= 0) {
            return false;
        }
        sent += static_cast<std::size_t>(n);
    }
    return true;
}

/// One message with a Content-Length from the front of `buffer`, read on as needed. Empty: the peer
/// closed.
std::string read_message(int fd, std::string& buffer) {
    for (;;) {
        const auto head = buffer.find("\r\n\r\n");
        if (head != std::string::npos) {
            std::size_t length = 0;
            for (const auto* name : {"Content-Length: ", "content-length: "}) {
                if (const auto at = buffer.find(name); at < head) {
                    length = std::strtoul(buffer.c_str() + at + std::strlen(name), nullptr, 10);
                }
            }
            const auto total = head + 4 + length;
            if (buffer.size() >= total) {
                auto message = buffer.substr(0, total);
                buffer.erase(0, total);
                return message;
            }
        }
        char chunk[65536];
        const auto n = ::recv(fd, chunk, sizeof chunk, 0);
        if (n <= 0) {
            return {};
        }
        buffer.append(chunk, static_cast<std::size_t>(n));
    }
}

/// What is known of each event: its number is its place here.
struct Ledger {
    explicit Ledger(std::size_t most) : sent(most), arrived(most) {}
    std::vector<std::atomic<std::int64_t>> sent;    // when its request began, ns
    std::vector<std::atomic<std::int64_t>> arrived; // when its callback came first, ns
    std::atomic<std::size_t> next{0};
    std::atomic<std::uint64_t> accepted{0}, delivered{0}, again{0}, refused{0};
};

std::int64_t now_ns() {
    return Clock::now().time_since_epoch().count();
}

std::string event_text(std::uint64_t number, std::size_t size) {
    auto text =
        R"({"id":"load-)" + std::to_string(number) +
        R"(","type":"face","camera":1,"matched":true,"matched_card":5,"confidence":0.78,"bs_type":"overall","features":{"liveness":0.9,)"
        R"("headpose":{"yaw":3.5,"pitch":-4.2,"roll":1.8}},"thumbnail":")";
    text += std::string(size > text.size() + 2 ? size - text.size() - 2 : 0, 'x');
    return text + "\"}";
}

void produce(const Options& options, Ledger& ledger, Clock::time_point end) {
    const int fd = connect_to(options.agent_port);
    std::string buffer;
    const auto pause =
        options.rate > 0
            ? std::chrono::duration<double>(options.producers * options.batch / options.rate)
            : std::chrono::duration<double>(0);
    auto due = Clock::now();
    while (Clock::now() < end) {
        std::string body;
        const auto first = ledger.next.fetch_add(options.batch);
        if (first + options.batch > ledger.sent.size()) {
            break;
        }
        for (unsigned i = 0; i < options.batch; ++i) {
            body += event_text(first + i, options.size) + (options.batch > 1 ? "\n" : "");
            ledger.sent[first + i] = now_ns();
        }
        const std::string type = options.batch > 1 ? "application/x-ndjson" : "application/json";
        if (!send_all(fd, "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + type +
                              "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                              body)) {
            break;
        }
        const auto answer = read_message(fd, buffer);
        (answer.starts_with("HTTP/1.1 202") ? ledger.accepted : ledger.refused) += options.batch;
        if (answer.empty()) {
            break;
        }
        if (options.rate > 0) {
            due += std::chrono::duration_cast<Clock::duration>(pause);
            std::this_thread::sleep_until(due);
        }
    }
    ::close(fd);
}

void receive(int fd, Ledger& ledger) {
    std::string buffer;
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    const std::string mark = "\"id\":\"load-";
    for (;;) {
        const auto request = read_message(fd, buffer);
        if (request.empty() || !send_all(fd, answer)) {
            break;
        }
        const auto at = request.find(mark);
        if (at == std::string::npos) {
            continue;
        }
        const std::size_t number = std::strtoul(request.c_str() + at + mark.size(), nullptr, 10);
        std::int64_t never = 0;
        if (number < ledger.arrived.size() &&
            ledger.arrived[number].compare_exchange_strong(never, now_ns())) {
            ++ledger.delivered;
        } else {
            ++ledger.again;
        }
    }
    ::close(fd);
}

int listen_on(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int one = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(fd, 64) != 0) {
        throw std::runtime_error{"port " + std::to_string(port) + " is taken"};
    }
    return fd;
}

/// Milliseconds from the beginning of an event's request to its callback.
double latency(std::vector<std::int64_t>& sorted, double part) {
    if (sorted.empty()) {
        return 0;
    }
    return static_cast<double>(
               sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))]) /
           1e6;
}

nlohmann::json measure(const Options& options) {
    Ledger ledger{2'000'000};
    const int listener = listen_on(options.receiver_port);
    std::thread{[listener, &ledger] {
        for (;;) {
            const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) {
                return;
            }
            const int one = 1;
            ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            std::thread{receive, fd, std::ref(ledger)}.detach();
        }
    }}.detach();
    const auto begin = Clock::now();
    const auto end = begin + std::chrono::duration_cast<Clock::duration>(
                                 std::chrono::duration<double>(options.seconds));
    std::vector<std::thread> producers;
    for (unsigned i = 0; i < options.producers; ++i) {
        producers.emplace_back([&] { produce(options, ledger, end); });
    }
    for (auto& producer : producers) {
        producer.join();
    }
    const std::chrono::duration<double> producing = Clock::now() - begin;
    const auto patience = Clock::now() + std::chrono::seconds{60};
    while (ledger.delivered < ledger.accepted && Clock::now() < patience) {
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    const std::chrono::duration<double> all = Clock::now() - begin;
    std::vector<std::int64_t> latencies;
    for (std::size_t i = 0; i < ledger.next && i < ledger.sent.size(); ++i) {
        if (ledger.arrived[i] != 0) {
            latencies.push_back(ledger.arrived[i] - ledger.sent[i]);
        }
    }
    std::sort(latencies.begin(), latencies.end());
    const auto accepted = ledger.accepted.load();
    const auto delivered = ledger.delivered.load();
    return {{"accepted", accepted},
            {"refused", ledger.refused.load()},
            {"delivered", delivered},
            {"delivered_again", ledger.again.load()},
            {"missing", accepted - std::min(accepted, delivered)},
            {"accepted_per_s", static_cast<double>(accepted) / producing.count()},
            {"delivered_per_s", static_cast<double>(delivered) / all.count()},
            {"latency_p50_ms", latency(latencies, 0.5)},
            {"latency_p99_ms", latency(latencies, 0.99)}};
}

} // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app{"Producers and a receiver around a running agent; counts every event", "ffl-load"};
    app.add_option("--agent-port", options.agent_port, "TCP port of the agent's API")->required();
    app.add_option("--receiver-port", options.receiver_port, "port that the webhook's target names")
        ->required();
    app.add_option("--producers", options.producers, "keep-alive connections");
    app.add_option("--seconds", options.seconds, "how long they produce");
    app.add_option("--rate", options.rate,
                   "events a second, all together; 0: as fast as answers come");
    app.add_option("--size", options.size, "bytes of an event");
    app.add_option("--batch", options.batch, "events a request (NDJSON)");
    CLI11_PARSE(app, argc, argv);
    const auto result = measure(options);
    std::cout << result.dump() << std::endl;
    std::_Exit(result["missing"] == 0 ? 0 : 1); // the receiver's threads still wait for more
}
