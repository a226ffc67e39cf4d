#include "test/common/http_server/running_server.hpp"
#include "test/support/certificates.hpp"
#include "test/support/eventually.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <dirent.h>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;
using common::Fault;
using common::http_server::Server;
using test::echo_of;
using test::expect_problem;
using test::RawClient;
using test::RunningServer;
using namespace std::chrono_literals;

/// A folder that is removed with the test.
struct Folder {
    fs::path path;
    Folder() {
        auto pattern = (fs::temp_directory_path() / "ffl-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { fs::remove_all(path); }
    [[nodiscard]] std::string operator/(const char* name) const { return (path / name).string(); }
};

common::Result<void> listen_unix(RunningServer& server, const std::string& path,
                                 unsigned mode = 0660) {
    return server.on_loop([&](Server& http) { return http.listen_unix(path, mode); });
}

common::Result<std::uint16_t> listen(RunningServer& server, const std::string& address,
                                     const std::string& cert = "", const std::string& key = "") {
    return server.on_loop([&](Server& http) { return http.listen(address, cert, key); });
}

/// Creates a socket file that no process listens on.
void leave_stale_socket(const std::string& path) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::close(fd);
}

TEST(UnixListener, HasTheModeItWasGivenAndRemovesItsFile) {
    const Folder folder;
    const auto path = folder / "agent.sock";
    RunningServer server;
    const auto old = ::umask(0077); // the caller's mode holds, whatever the umask
    const auto open = listen_unix(server, path);
    ::umask(old);
    ASSERT_TRUE(open) << open.error().message;
    struct stat file {};
    ASSERT_EQ(::stat(path.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 07777, 0660U);
    const auto echo = echo_of(RawClient::local(path).ask(RawClient::get("/status")));
    EXPECT_EQ(echo["local"], true);
    server.stop(0ms);
    EXPECT_FALSE(fs::exists(path));
}

TEST(UnixListener, ReplacesAStaleFile) {
    const Folder folder;
    const auto path = folder / "agent.sock";
    leave_stale_socket(path);
    RunningServer server;
    const auto open = listen_unix(server, path);
    ASSERT_TRUE(open) << open.error().message;
    EXPECT_EQ(echo_of(RawClient::local(path).ask(RawClient::get("/")))["local"], true);
}

TEST(UnixListener, RefusesAPathOnWhichAnotherListens) {
    const Folder folder;
    const auto path = folder / "agent.sock";
    RunningServer first;
    RunningServer second;
    ASSERT_TRUE(listen_unix(first, path));
    const auto open = listen_unix(second, path);
    ASSERT_FALSE(open);
    EXPECT_EQ(open.error().message, "another process is listening on " + path);
    EXPECT_EQ(echo_of(RawClient::local(path).ask(RawClient::get("/")))["local"], true);
}

TEST(UnixListener, LeavesTheFileOfALaterListener) {
    const Folder folder;
    const auto path = folder / "agent.sock";
    RunningServer first;
    ASSERT_TRUE(listen_unix(first, path));
    fs::remove(path);
    RunningServer second;
    ASSERT_TRUE(listen_unix(second, path));
    first.stop(0ms);
    EXPECT_EQ(echo_of(RawClient::local(path).ask(RawClient::get("/")))["local"], true);
}

TEST(UnixListener, SaysWhatIsWrongWithAPath) {
    const Folder folder;
    RunningServer server;
    const auto message = [&](const std::string& path) {
        const auto open = listen_unix(server, path);
        return open ? "no error" : open.error().message;
    };
    const auto regular = folder / "file";
    std::ofstream{regular} << "precious";
    EXPECT_NE(message(regular).find("not a socket"), std::string::npos) << message(regular);
    EXPECT_EQ(fs::file_size(regular), 8U);
    const auto missing = folder / "no/such/agent.sock";
    EXPECT_NE(message(missing).find("folder does not exist"), std::string::npos)
        << message(missing);
    const std::string long_path = "/tmp/" + std::string(103, 'a');
    EXPECT_NE(message(long_path).find("107"), std::string::npos) << message(long_path);
    EXPECT_NE(message("").find("107"), std::string::npos);
    EXPECT_TRUE(listen_unix(server, folder / "agent.sock")); // the server still works
}

TEST(UnixListener, HasItsOwnConnectionLimit) {
    const Folder folder;
    const auto path = folder / "agent.sock";
    auto options = RunningServer::small();
    options.max_connections = 1;
    RunningServer server{options};
    ASSERT_TRUE(listen_unix(server, path));
    auto busy = server.client();
    busy.send(RawClient::get("/slow"));
    server.wait_for_handled(1);
    expect_problem(server.client().ask(RawClient::get("/")), 503);
    auto operator_ = RawClient::local(path);
    EXPECT_EQ(echo_of(operator_.ask(RawClient::get("/")))["local"], true);
    server.release();
}

TEST(TcpListener, NamesAddressAndReason) {
    RunningServer server;
    const auto message = [&](const std::string& address) {
        const auto port = listen(server, address);
        return port ? "no error" : port.error().message;
    };
    const auto taken = "127.0.0.1:" + std::to_string(server.port);
    EXPECT_EQ(message(taken), taken + ": address already in use");
    EXPECT_EQ(message("192.0.2.1:0"), "192.0.2.1:0: cannot assign requested address");
    for (const std::string wrong :
         {"", "127.0.0.1", "localhost:80", "127.0.0.1:x", "127.0.0.1:", "127.0.0.1:65536",
          "127.0.0.1:-1", "::1:80", "[127.0.0.1]:80", "[::1]", "127.0.0.1:80 "}) {
        const auto port = listen(server, wrong);
        ASSERT_FALSE(port) << wrong;
        EXPECT_EQ(port.error().fault, Fault::config);
        EXPECT_TRUE(port.error().message.starts_with(wrong + ": expected an IP address and a port"))
            << port.error().message;
    }
    EXPECT_EQ(echo_of(server.client().ask(RawClient::get("/")))["local"], false);
}

TEST(TcpListener, ListensOnBothFamilies) {
    RunningServer server;
    const auto port = listen(server, "[::]:0");
    if (!port) {
        GTEST_SKIP() << "no IPv6 here: " << port.error().message;
    }
    EXPECT_EQ(echo_of(RawClient::tcp(*port).ask(RawClient::get("/")))["path"],
              "/");   // comes as ::ffff:127.0.0.1
    std::string from; // on the loop
    server.on_loop([&](Server& http) {
        http.on_refused(
            [&](const common::http_server::RefusedRequest& refused) { from = refused.from; });
    });
    expect_problem(RawClient::tcp(*port).ask(RawClient::get("/forbidden")), 403);
    EXPECT_EQ(server.on_loop([&] { return from; }), "127.0.0.1");
}

TEST(TlsListener, ServesOverTls) {
    test::Certificates certificates;
    const auto files = certificates.server();
    RunningServer server;
    const auto port = listen(server, "127.0.0.1:0", files.cert_file, files.key_file);
    ASSERT_TRUE(port) << port.error().message;
    auto client = RawClient::tls(*port, certificates.ca_file());
    EXPECT_EQ(echo_of(client.ask(RawClient::post("/a", std::string(60'000, 'x'))))["size"], 60'000);
    EXPECT_EQ(echo_of(client.ask(RawClient::get("/b")))["path"], "/b");
    expect_problem(client.ask(RawClient::post("/c", std::string(1'000'000, 'x'))), 413);
    EXPECT_TRUE(client.closed());
    auto large = RawClient::tls(*port, certificates.ca_file());
    const auto reply = large.ask(RawClient::get("/large"));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body.size(), 32U * 1024 * 1024);
}

TEST(TlsListener, EnduresClientsWithoutTls) {
    test::Certificates certificates;
    const auto files = certificates.server();
    auto options = RunningServer::small();
    options.request_timeout = 200ms;
    RunningServer server{options};
    const auto port = listen(server, "127.0.0.1:0", files.cert_file, files.key_file).value();
    auto plain = RawClient::tcp(port);
    plain.send(RawClient::get("/"));
    plain.read_to_end();
    auto silent = RawClient::tcp(port);
    EXPECT_TRUE(silent.closed()); // the handshake has a deadline
    // A busy machine may let the handshake's deadline pass for a client that speaks TLS, too.
    const auto ask = [&](const std::string& bytes) {
        std::optional<test::RawReply> reply;
        EXPECT_TRUE(test::eventually([&] {
            try {
                reply = RawClient::tls(port, certificates.ca_file()).ask(bytes);
            } catch (const std::runtime_error&) {
                reply.reset();
            }
            return reply.has_value();
        }));
        return reply;
    };
    expect_problem(ask("GET / HTTP"), 408);
    EXPECT_EQ(echo_of(ask(RawClient::get("/b")))["path"], "/b");
    EXPECT_EQ(server.handled, 1U);
}

TEST(TlsListener, NamesTheFileThatIsWrong) {
    test::Certificates certificates;
    const auto files = certificates.server();
    const auto other = certificates.client();
    const auto junk = certificates.write("junk.pem", "nothing of use\n");
    RunningServer server;
    const auto message = [&](const std::string& cert, const std::string& key) {
        const auto port = listen(server, "127.0.0.1:0", cert, key);
        return port ? "no error" : port.error().message;
    };
    const auto missing = certificates.path("missing.pem");
    EXPECT_NE(message(missing, files.key_file).find(missing), std::string::npos)
        << message(missing, files.key_file);
    EXPECT_NE(message(files.cert_file, missing).find(missing), std::string::npos)
        << message(files.cert_file, missing);
    EXPECT_TRUE(message(junk, files.key_file)
                    .starts_with(junk + ": expected a PEM file with a certificate"))
        << message(junk, files.key_file);
    EXPECT_TRUE(message(files.cert_file, junk)
                    .starts_with(junk + ": expected a PEM file with a private key"))
        << message(files.cert_file, junk);
    EXPECT_EQ(message(files.cert_file, other.key_file),
              other.key_file + ": the key does not belong to the certificate in " +
                  files.cert_file);
}

TEST(TlsListener, ReloadsTheCertificateWithNewOptionsAndKeepsTheOldOneIfItIsBad) {
    test::Certificates old_ones, new_ones;
    const auto files = old_ones.server();
    const auto renewed = new_ones.server();
    RunningServer server;
    const auto port = listen(server, "127.0.0.1:0", files.cert_file, files.key_file).value();
    const auto renew = [&] {
        server.on_loop([](Server& http) { http.set_options(RunningServer::small()); });
    };
    fs::copy_file(renewed.cert_file, files.cert_file, fs::copy_options::overwrite_existing);
    testing::internal::CaptureStderr();
    renew(); // the key is still the old one
    EXPECT_NE(testing::internal::GetCapturedStderr().find(files.key_file), std::string::npos);
    EXPECT_EQ(echo_of(RawClient::tls(port, old_ones.ca_file()).ask(RawClient::get("/")))["path"],
              "/");
    fs::copy_file(renewed.key_file, files.key_file, fs::copy_options::overwrite_existing);
    renew();
    EXPECT_EQ(echo_of(RawClient::tls(port, new_ones.ca_file()).ask(RawClient::get("/")))["path"],
              "/");
}

TEST(Listener, EnduresAShortageOfDescriptors) {
    RunningServer server;
    auto before = server.client();
    EXPECT_EQ(echo_of(before.ask(RawClient::get("/")))["path"], "/");
    testing::internal::CaptureStderr();
    const int client =
        ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); // the last descriptor available
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    const auto plenty = limit.rlim_cur;
    limit.rlim_cur = static_cast<rlim_t>(client) + 1;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const auto request = RawClient::get("/late");
    EXPECT_GT(::send(client, request.data(), request.size(), MSG_NOSIGNAL), 0);
    const timeval pause{0, 500'000};
    ::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &pause, sizeof pause);
    char first = 0;
    EXPECT_EQ(::recv(client, &first, 1, 0), -1); // not accepted
    EXPECT_EQ(echo_of(before.ask(RawClient::get("/")))["path"],
              "/"); // other clients are not affected
    limit.rlim_cur = plenty;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    const timeval patience{10, 0};
    ::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    EXPECT_EQ(::recv(client, &first, 1, 0), 1);
    EXPECT_EQ(first, 'H');
    ::close(client);
    const auto log = testing::internal::GetCapturedStderr();
    const auto line = log.find("cannot accept connections");
    ASSERT_NE(line, std::string::npos) << log;
    EXPECT_EQ(log.find("cannot accept connections", line + 1), std::string::npos) << log;
}

} // namespace
