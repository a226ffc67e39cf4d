"""The agent as a process in a folder of its own, and requests to it exactly as they are given.
For tests in Python; nothing here waits but for a condition, with a limit."""
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time

PATIENCE_S = 60


def until(condition, what, patience=PATIENCE_S):
    """What the condition returns once it is true."""
    end = time.monotonic() + patience
    while not (found := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"gave up waiting for {what}")
        threading.Event().wait(0.01)
    return found


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def json(self):
        return json.loads(self.body)


class LocalConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Agent:
    """`sections` is added to the INI; `ingest` to its section of that name."""

    def __init__(self, binary, webhooks=(), ingest="", sections="", files=None, before_exec=None):
        self.binary, self.before_exec = binary, before_exec
        self.folder = tempfile.TemporaryDirectory(prefix="ffl-")
        self.port, self.process, self.log = 0, None, []
        self.ingest, self.sections = ingest, sections
        self.write("webhooks.json", json.dumps(list(webhooks)))
        for name, text in (files or {}).items():
            self.write(name, text)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def configure(self):
        local = "" if "[server]" in self.sections else "[webhooks]\nfile = webhooks.json\n"
        queue = "" if "[queue]" in self.sections else "[queue]\npath = agent.db\nmin_free = 1MiB\n"
        self.write("agent.ini", f"{local}[ingest]\nlisten = 127.0.0.1:{self.port}\n"
                                f"socket = agent.sock\n{self.ingest}\n{queue}{self.sections}\n")

    def start(self):
        self.configure()
        environment = {key: value for key, value in os.environ.items() if "SYSTEMD" not in key
                       and key not in ("NOTIFY_SOCKET", "JOURNAL_STREAM", "FFL_AGENT_CONFIG")}
        self.log = []
        self.process = subprocess.Popen(
            [self.binary, "run", "--config", self.path("agent.ini")], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace",
            env=environment, preexec_fn=self.before_exec)
        threading.Thread(target=self._read_log, args=(self.process.stderr,), daemon=True).start()
        self.port = int(until(self._listening, "the agent to listen")[1])
        return self

    def _read_log(self, stream):
        for line in stream:
            self.log.append(line)

    def _listening(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"the agent ended with {self.process.returncode}: {''.join(self.log)}")
        # The socket's own line comes last, or that it cannot be made.
        return re.search(r"address=127\.0\.0\.1:(\d+)\s[^\0]*socket", "".join(self.log))

    def stop(self, how=signal.SIGKILL):
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(PATIENCE_S)
            self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        self.folder.cleanup()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def call(self, method, path, body=None, headers=None, local=True, host=None):
        """Over the socket, which may do everything, or over TCP."""
        connection = (LocalConnection(self.path("agent.sock")) if local else
                      http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S))
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", host or ("localhost" if local else f"127.0.0.1:{self.port}"))
            text = body.encode() if isinstance(body, str) else body
            if text is not None:
                connection.putheader("Content-Length", str(len(text)))
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            connection.endheaders(text)
            answer = connection.getresponse()
            return Reply(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()

    def raw(self, request, then=b""):
        """The answer to these bytes, read to the end of the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S) as connection:
            connection.sendall(request)
            if then:
                connection.sendall(then)
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            return Reply(answer.status, answer.getheaders(), answer.read())
