// How each server is configured: every address on the site's port, idle connections for one second,
// a record of each request before its answer.
#include "test/support/real_server.hpp"

#include <csignal>
#include <fstream>
#include <ostream>
#include <stdexcept>
#include <unistd.h>

namespace test {

namespace {

using Command = std::vector<std::string>;

constexpr const char* python = "/usr/bin/python3"; // Debian's, which has Debian's modules

void write(const std::string& path, const std::string& text) {
    std::ofstream file{path, std::ios::binary};
    file << text;
    if (!file.flush()) {
        throw std::runtime_error{path + " cannot be written"};
    }
}

std::string filled(std::string text, const ServerSite& site) {
    const std::pair<std::string, std::string> values[] = {
        {"@FOLDER@", site.folder},
        {"@PORT@", std::to_string(site.port)},
        {"@RECORDS@", site.records},
        {"@LIFE@", std::to_string(site.life)},
        {"@BACKEND@", std::to_string(site.backend)},
        {"@ADDRESSES@", std::to_string(real_server_addresses)}};
    for (const auto& [name, value] : values) {
        for (auto at = text.find(name); at != std::string::npos; at = text.find(name)) {
            text.replace(at, name.size(), value);
        }
    }
    return text;
}

/// The same text for each address.
std::string listens(const std::string& before, const std::string& after) {
    std::string out;
    for (int address = 1; address <= real_server_addresses; ++address) {
        out += before + "127.0.0." + std::to_string(address) + ":@PORT@" + after + "\n";
    }
    return out;
}

std::string written(const ServerSite& site, const std::string& name, const std::string& text) {
    auto path = site.folder + name;
    write(path, filled(text, site));
    return path;
}

// nginx knows a request's body only where it passes it on: the outer server passes it on in a
// header to the inner one, which logs the request while it answers.
Command nginx(const ServerSite& site) {
    const std::string user = ::geteuid() == 0 ? "user root root;\n" : "";
    const auto path = written(site, "nginx.conf", user + R"(daemon off;
worker_processes 1;
pid @FOLDER@nginx.pid;
error_log @FOLDER@error.log;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path @FOLDER@body;
  proxy_temp_path @FOLDER@proxy;
  fastcgi_temp_path @FOLDER@fastcgi;
  uwsgi_temp_path @FOLDER@uwsgi;
  scgi_temp_path @FOLDER@scgi;
  log_format record escape=none '$http_webhook_id $http_ffl_attempt $http_x_body';
  server {
)" + listens("    listen ", ";") + R"(    keepalive_timeout 1s;
    location / {
      proxy_pass http://unix:@FOLDER@inner.@LIFE@:/;
      proxy_pass_request_body off;
      proxy_set_header content-length "";
      proxy_set_header x-body $request_body;
    }
  }
  server {
    listen unix:@FOLDER@inner.@LIFE@;
    access_log @RECORDS@ record;
    location / { return 204; }
  }
}
)");
    return {"/usr/sbin/nginx", "-e", site.folder + "error.log", "-c", path};
}

Command gunicorn(const ServerSite& site) {
    // A module of its own for each life: Python's cache goes by the file's whole second.
    const auto module = "wsgi_" + std::to_string(site.life);
    written(site, module + ".py", R"(import os

records = os.open("@RECORDS@", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def app(environ, start):
    body = environ["wsgi.input"].read()
    line = f"{environ['HTTP_WEBHOOK_ID']} {environ['HTTP_FFL_ATTEMPT']} {body.decode()}\n"
    os.write(records, line.encode())
    start("200 OK", [("Content-Length", "0")])
    return []
)");
    Command command{python,      "-m",
                    "gunicorn",  "--chdir",
                    site.folder, "--workers",
                    "1",         "--worker-class",
                    "gthread",   "--threads",
                    "4",         "--keep-alive",
                    "1",         "--worker-tmp-dir",
                    site.folder, "--log-level",
                    "warning"};
    for (int address = 1; address <= real_server_addresses; ++address) {
        command.insert(command.end(), {"--bind", "127.0.0." + std::to_string(address) + ":" +
                                                     std::to_string(site.port)});
    }
    command.push_back(module + ":app");
    return command;
}

Command uvicorn(const ServerSite& site) {
    const auto path = written(site, "asgi.py", R"(import os
import socket

import uvicorn

records = os.open("@RECORDS@", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


async def app(scope, receive, send):
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return
        body += message["body"]
        more = message.get("more_body", False)
    headers = dict(scope["headers"])
    os.write(records, b"%s %s %s\n" % (headers[b"webhook-id"], headers[b"ffl-attempt"], body))
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


def listening(address):
    out = socket.socket()
    out.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    out.bind((address, @PORT@))
    return out


sockets = [listening(f"127.0.0.{1 + n}") for n in range(@ADDRESSES@)]
config = uvicorn.Config(app, timeout_keep_alive=1, log_level="warning", lifespan="off")
uvicorn.Server(config).run(sockets=sockets)
)");
    return {python, path};
}

Command node(const ServerSite& site) {
    const auto path = written(site, "server.js", R"('use strict';
const fs = require('fs');
const http = require('http');

const records = fs.openSync('@RECORDS@', 'a', 0o600);
const servers = [];
for (let n = 1; n <= @ADDRESSES@; ++n) {
  const server = http.createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const headers = request.headers;
      fs.writeSync(records,
        `${headers['webhook-id']} ${headers['ffl-attempt']} ${Buffer.concat(parts)}\n`);
      response.writeHead(200, { 'Content-Length': 0 });
      response.end();
    });
  });
  server.keepAliveTimeout = 1000;
  server.listen(@PORT@, `127.0.0.${n}`);
  servers.push(server);
}
process.on('SIGTERM', () => servers.forEach((server) => server.close()));
)");
    return {"/usr/bin/node", path};
}

Command haproxy(const ServerSite& site) {
    const auto path = written(site, "haproxy.cfg", R"(global
  maxconn 256
defaults
  mode http
  timeout connect 10s
  timeout client 10s
  timeout server 10s
  timeout http-keep-alive 1s
frontend outside
)" + listens("  bind ", "") + R"(  default_backend receiver
backend receiver
  http-request set-path /@LIFE@
  server receiver 127.0.0.1:@BACKEND@
)");
    return {"/usr/sbin/haproxy", "-db", "-f", path};
}

Command lighttpd(const ServerSite& site) {
    written(site, "hook.sh", R"(read -r body
printf '%s %s %s\n' "$HTTP_WEBHOOK_ID" "$HTTP_FFL_ATTEMPT" "$body" >> "$RECORDS"
printf 'Status: 204\r\n\r\n'
)");
    std::string text = R"(server.modules = ("mod_setenv", "mod_cgi")
server.document-root = "@FOLDER@"
server.errorlog = "@FOLDER@error.log"
server.bind = "127.0.0.1"
server.port = @PORT@
server.max-keep-alive-idle = 1
server.max-keep-alive-requests = 1000
cgi.assign = (".sh" => "/bin/sh")
setenv.set-environment = ("RECORDS" => "@RECORDS@")
)";
    for (int address = 2; address <= real_server_addresses; ++address) {
        text += "$SERVER[\"socket\"] == \"127.0.0." + std::to_string(address) + ":@PORT@\" {}\n";
    }
    return {"/usr/sbin/lighttpd", "-D", "-f", written(site, "lighttpd.conf", text)};
}

} // namespace

void PrintTo(const ServerKind& kind, std::ostream* out) {
    *out << kind.name;
}

const std::vector<ServerKind>& server_kinds() {
    using std::chrono::milliseconds;
    // Some look for idle connections only once a second.
    static const std::vector<ServerKind> kinds{
        {"nginx",
         "nginx",
         {"/usr/sbin/nginx", "-v"},
         SIGQUIT,
         milliseconds{960},
         milliseconds{1040},
         nginx},
        {"gunicorn",
         "gunicorn",
         {python, "-c", "import gunicorn"},
         SIGTERM,
         milliseconds{960},
         milliseconds{2040},
         gunicorn},
        {"uvicorn",
         "python3-uvicorn",
         {python, "-c", "import uvicorn"},
         SIGTERM,
         milliseconds{960},
         milliseconds{1040},
         uvicorn},
        {"node",
         "nodejs",
         {"/usr/bin/node", "--version"},
         SIGTERM,
         milliseconds{960},
         milliseconds{1040},
         node},
        {"haproxy",
         "haproxy",
         {"/usr/sbin/haproxy", "-v"},
         SIGUSR1,
         milliseconds{960},
         milliseconds{1040},
         haproxy},
        {"lighttpd",
         "lighttpd",
         {"/usr/sbin/lighttpd", "-v"},
         SIGINT,
         milliseconds{960},
         milliseconds{2040},
         lighttpd},
    };
    return kinds;
}

} // namespace test
