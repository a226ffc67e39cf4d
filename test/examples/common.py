"""What the tests of conf/examples share: the examples as processes, and a scripted agent."""
import base64
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "conf" / "examples"
sys.path[:0] = [str(ROOT / "test" / "support"), str(EXAMPLES)]
sys.dont_write_bytecode = True
from agent_process import Agent, until  # noqa: E402,F401

BINARY = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ""
OLD, NEW = ("whsec_" + base64.b64encode(bytes([fill]) * 32).decode() for fill in (7, 200))


def sign(secret, message, timestamp, body):
    key = base64.b64decode(secret[len("whsec_"):])
    signed = f"{message}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


class Process:
    """An example at work; what it prints is read as it comes."""

    def __init__(self, command, environment=None, stdin=None, cwd=None):
        self.lines = []
        self.process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.PIPE if stdin is None else stdin,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=cwd,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **(environment or {})})
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.decode(errors="replace").rstrip("\n"))

    def write(self, line):
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def said(self, text):
        return [line for line in self.lines if text in line]

    def wait_for(self, text, count=1):
        def found():
            lines = self.said(text)
            if len(lines) < count and self.process.poll() is not None:
                self.reader.join(1)
                lines = self.said(text)
                if len(lines) < count:
                    raise AssertionError(f"ended with {self.process.returncode} before {text!r}: {self.lines}")
            return lines if len(lines) >= count else None
        try:
            return until(found, repr(text), 30)
        except TimeoutError as error:
            raise AssertionError(f"{error}; it said {self.lines}") from None

    def end(self):
        """No more input; its exit code."""
        self.process.stdin.close()
        code = self.process.wait(60)
        self.reader.join(10)
        return code

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(60)
        self.reader.join(10)
        self.process.stdout.close()
        if self.process.stdin:
            self.process.stdin.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class ScriptedAgent(http.server.ThreadingHTTPServer):
    """Answers the n-th request with the n-th answer, and all further ones with the last:
    a status, (status, headers), or None: the connection ends without an answer."""
    daemon_threads = True

    def __init__(self, *script):
        self.script, self.requests, self.lock, self.connections = script, [], threading.Lock(), 0
        scripted = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                with scripted.lock:
                    scripted.connections += 1

            def do_POST(self):
                scripted.answer(self)

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, handler):
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        with self.lock:
            answer = self.script[min(len(self.requests), len(self.script) - 1)]
            self.requests.append((body, dict(handler.headers.items()), handler.path, time.monotonic()))
        if answer is None:
            handler.close_connection = True
            return
        status, headers = answer if isinstance(answer, tuple) else (answer, {})
        text = json.dumps({"accepted": 1, "duplicates": 0, "deliveries": 1} if status == 202 else
                          {"type": "about:blank", "title": "x", "status": status, "detail": "because"}).encode()
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def bodies(self):
        return [request[0].rstrip(b"\n") for request in self.requests]

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


def post(url, body, headers):
    """The status of a callback that we send ourselves."""
    request = urllib.request.Request(url, body, {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
