"""Who takes part in prometheus_test.py: agents, the targets of their webhooks, and a Prometheus."""
import http.client
import http.server
import json
import re
import signal
import socket
import ssl
import subprocess
import threading
import time

import yaml

PATIENCE_S = 60


class Broken(Exception):
    """Nothing can be tested so."""


def until(holds, seconds):
    """Whether it holds in time. Between two looks Prometheus has time to work."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


class Process:
    """A program with a log."""

    def __init__(self, command, folder):
        self.command, self.log = [str(word) for word in command], folder / "log"
        self.process = None

    def launch(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *self.command],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def wait_for_line(self, pattern):
        """The first group of the pattern, once a line of the log has it."""
        found = None

        def there():
            nonlocal found
            found = re.search(pattern, self.log.read_text(errors="replace"))
            return found or self.process.poll() is not None
        if not until(there, PATIENCE_S) or not found:
            self.show_log()
            raise Broken(f"{self.command[0]} does not log {pattern}")
        return found[1]

    def show_log(self):
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        lines = [line for line in lines if "level=info" not in line]  # of Prometheus
        print("\n".join(f"  {self.log.parent.name} | {line}" for line in lines[-20:]))

    def stop(self):
        self.kill()

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class Targets:
    """/ok answers at once, /slow after a second and a half, /refuse with 500; dead_url not at all."""

    def __init__(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/slow":
                    stopped.wait(1.5)
                self.send_response(500 if self.path == "/refuse" else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass
        stopped = self._stopped = threading.Event()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self._dead = socket.socket()  # bound, so that nobody else gets the port, but not listening
        self._dead.bind(("127.0.0.1", 0))
        self.dead_url = f"http://127.0.0.1:{self._dead.getsockname()[1]}"

    def stop(self):
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._dead.close()


class Agent(Process):
    def __init__(self, binary, folder, ini, webhooks):
        super().__init__([binary, "run", "--config", folder / "agent.ini"], folder)
        self.folder = folder
        self.ini = folder / "agent.ini"
        self.ini.write_text(ini)
        (folder / "webhooks.json").write_text(json.dumps(webhooks))
        self.token = (folder / "token").read_text().strip() if "token_file" in ini else None
        self.address = None
        self._sending = None
        self._enough = threading.Event()

    def start(self):
        self.launch()
        self.address = self.wait_for_line(r"listening\b.* address=(127\.0\.0\.1:\d+)")

    def _ask(self, method, path, body=None):
        host, port = self.address.split(":")
        if self.token:
            context = ssl.create_default_context(cafile=self.folder / "agent.crt")
            connection = http.client.HTTPSConnection(host, int(port), timeout=PATIENCE_S, context=context)
        else:
            connection = http.client.HTTPConnection(host, int(port), timeout=PATIENCE_S)
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        try:
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            return reply.status, reply.read().decode()
        finally:
            connection.close()

    def metrics(self):
        status, text = self._ask("GET", "/metrics")
        if status != 200:
            raise Broken(f"/metrics answers {status}")
        return text

    def send(self, padding=""):
        event = {"type": "face", "camera": 1, "matched": True, "padding": padding}
        return self._ask("POST", "/v1/events", json.dumps(event))

    def send_all_the_time(self, padding=""):
        def work():
            while not self._enough.wait(0.25):
                self.send(padding)
        self._sending = threading.Thread(target=work, daemon=True)
        self._sending.start()

    def stop_sending(self):
        self._enough.set()
        if self._sending:
            self._sending.join()
            self._sending = None

    def reload(self, addition):
        self.ini.write_text(self.ini.read_text() + addition)
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        self.stop_sending()
        super().stop()


class Prometheus(Process):
    """Scrapes the first board as the runbook says, and the others in clear."""

    def __init__(self, work, runbook, door, others):
        folder = work / "prometheus"
        folder.mkdir()
        super().__init__(["prometheus", f"--config.file={folder}/prometheus.yml",
                          f"--storage.tsdb.path={folder}/data", "--web.listen-address=127.0.0.1:0",
                          "--log.format=logfmt"], folder)
        blocks = re.findall(r"```yaml\n(.*?)```", runbook.read_text(), re.S)
        documented = [yaml.safe_load(block) for block in blocks if block.startswith("scrape_configs:")]
        if len(documented) != 1:
            raise Broken("the runbook does not have one example of scrape_configs")
        job, = documented[0]["scrape_configs"]
        # The board's own values instead of the example's: a key that the example lacks is a fault.
        assert job["scheme"] == "https" and job["authorization"]["credentials_file"], job
        assert job["tls_config"]["ca_file"] and job["static_configs"][0]["targets"], job
        job["authorization"]["credentials_file"] = str(door.folder / "token")
        job["tls_config"]["ca_file"] = str(door.folder / "agent.crt")
        job["static_configs"] = [{"targets": [door.address]}]
        clear = {"job_name": "in-clear", "static_configs": [{"targets": [board.address for board in others]}]}
        job.pop("scrape_interval", None)
        (folder / "prometheus.yml").write_text(yaml.safe_dump({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(work / "alerts.yml")], "scrape_configs": [job, clear]}))
        self.address = None

    def start(self):
        self.launch()
        self.address = self.wait_for_line(r'msg="Listening on" address=(127\.0\.0\.1:\d+)')
        if not until(lambda: self._get("/-/ready") is not None, PATIENCE_S):
            raise Broken("Prometheus does not become ready")

    def _get(self, path):
        connection = http.client.HTTPConnection(self.address, timeout=PATIENCE_S)
        try:
            connection.request("GET", path)
            reply = connection.getresponse()
            body = reply.read()
            return body if reply.status == 200 else None
        finally:
            connection.close()

    def firing(self):
        """The labels of each alert that fires."""
        answer = json.loads(self._get("/api/v1/alerts") or b'{"data":{"alerts":[]}}')
        return [alert["labels"] for alert in answer["data"]["alerts"] if alert["state"] == "firing"]
