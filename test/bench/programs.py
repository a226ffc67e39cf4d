"""The programs that are measured, each started on a queue of its own: ffl-agent, another build of it, the agent in Node.js."""
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.request

PATIENCE = 120  # seconds for what takes milliseconds on a healthy machine


class Broken(Exception):
    """Something did not work, so that no figure would mean anything."""


class Agent:
    """An ffl-agent binary with default settings, but for the addresses, the commit window and `settings` of {section: {key: value}}."""

    def __init__(self, name, binary, settings=None):
        self.name = name
        self.binary = pathlib.Path(binary).resolve()
        self.settings = settings or {}
        self.durable = self.settings.get("queue", {}).get("sync") != "normal"

    def version(self):
        return subprocess.run([self.binary, "--version"], capture_output=True, text=True, check=True).stdout.strip()

    def command(self, folder, webhooks, window_ms):
        (folder / "webhooks.json").write_text(json.dumps(webhooks))
        sections = {"webhooks": {"file": "webhooks.json"}, "ingest": {"listen": "127.0.0.1:0", "socket": ""},
                    "queue": {"path": "agent.db", "sync": "full", "commit_window": f"{window_ms}ms"}}
        for section, keys in self.settings.items():
            sections.setdefault(section, {}).update(keys)
        (folder / "agent.ini").write_text("".join(
            f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items()) for section, keys in sections.items()))
        return [self.binary, "run", "--config", folder / "agent.ini"], {}


class Node:
    """node/agent.mjs with the modules of `modules`."""

    name = "node"
    durable = True

    def __init__(self, modules):
        self.script = pathlib.Path(__file__).parent / "node/agent.mjs"
        self.modules = modules

    def version(self):
        return "Node.js " + subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()

    def command(self, folder, webhooks, window_ms):
        config = {"queue": str(folder / "node.db"), "webhooks": webhooks, "commit_window_ms": window_ms}
        (folder / "node.json").write_text(json.dumps(config))
        return ["node", self.script, folder / "node.json"], {"FFL_MODULES": str(self.modules)}


def webhooks(ports):
    """Events of camera 1 reach a target that answers, those of camera 2 wait for one that is down."""
    return [{"name": name, "target": f"http://127.0.0.1:{ports[port]}/callback",
             "filters": {"type_in": "face", "camera_in": [camera], "matched": True}}
            for name, port, camera in (("bench", "target", 1), ("down", "down", 2))]


class Running:
    """A started program; ready when the constructor returns. `start_ms` is how long that took."""

    def __init__(self, program, folder, ports, preload, window_ms=0, delay_ms=0, targets=None):
        command, extra = program.command(folder, targets or webhooks(ports), window_ms)
        self.counter = folder / "fsyncs"
        self.counter.write_bytes(bytes(8))
        self.log = folder / "log"
        environment = dict(os.environ, LD_PRELOAD=str(preload), FFL_DISK_COUNT=str(self.counter),
                           FFL_DISK_DELAY_MS=str(delay_ms), **extra)
        with open(self.log, "wb") as log:
            begin = time.monotonic()
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment)
        try:
            self.port = self.wait_for(self.find_port, begin, "listens")
            self.wait_for(self.is_ready, begin, "is ready")
        except BaseException:
            self.kill()
            raise
        self.start_ms = (time.monotonic() - begin) * 1000

    def wait_for(self, condition, begin, what):
        while time.monotonic() < begin + PATIENCE:
            found = condition()
            if found:
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.001)
        raise Broken(f"{self.process.args[0]} never {what}:\n{self.log.read_text()[-2000:]}")

    def find_port(self):
        found = re.search(r"address=127\.0\.0\.1:(\d+)\D", self.log.read_text())
        return found and int(found[1])

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE) as answer:
            return answer.read()

    def is_ready(self):
        try:
            self.get("/readyz")
            return True
        except OSError:  # refused, or 503
            return False

    def waiting(self):
        return json.loads(self.get("/v1/status"))["queue"]["pending"]

    def of_proc(self, name, key):
        found = re.search(rf"^{key}:\s*(\d+)", pathlib.Path(f"/proc/{self.process.pid}/{name}").read_text(), re.M)
        return int(found[1])

    def rss(self):
        return self.of_proc("status", "VmRSS")

    def peak_rss(self):
        return self.of_proc("status", "VmHWM")

    def written(self):
        """Bytes that it made the kernel write to a disk."""
        return self.of_proc("io", "write_bytes")

    def fsyncs(self):
        return int.from_bytes(self.counter.read_bytes(), "little")

    def cpu_s(self):
        # The clock of a whole process, to the nanosecond: see clock_getcpuclockid(3).
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def wakeups(self):
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/status")
        return sum(int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", task.read_text(), re.M)[1]) for task in tasks)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Broken(f"{self.process.args[0]} did not end on SIGTERM") from None


class Load:
    """ffl-load: producers and a target that count every event (load_main.cpp)."""

    def __init__(self, binary):
        self.process = subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports = self.answer()

    def tell(self, **command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise Broken("ffl-load ended")
        return json.loads(line)

    def ask(self, **command):
        self.tell(**command)
        return self.answer()

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
