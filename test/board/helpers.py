"""The programs beside the board: the simulated FindFace Lite server and the callback receiver, on the host's loopback."""
import collections
import json
import os
import re
import subprocess

from common import WITH_US, HarnessError, ProductError, until

HOST = "10.0.2.2"  # the host's loopback as the board sees it


class Helper:
    """A program that says "listening on URL" and ends on SIGTERM. Started again it has the same port, as a server that was rebooted."""

    def __init__(self, name, command, folder):
        self.name, self.command = name, command
        self.output = os.path.join(folder, f"{name}.out")
        self.errors = os.path.join(folder, f"{name}.log")
        self.process = None
        self.port = 0

    def start(self):
        said = os.path.getsize(self.output) if os.path.exists(self.output) else 0
        with open(self.output, "ab") as output, open(self.errors, "ab") as errors:
            self.process = subprocess.Popen([*WITH_US, *self.command, "--port", str(self.port)], stdin=subprocess.DEVNULL, stdout=output,
                                            stderr=errors)
        self.port = until(lambda: self._listening(said), 10, f"{self.name} to listen")
        return self

    def _listening(self, said):
        if self.process.poll() is not None:
            raise HarnessError(f"{self.name} ended by itself, see {self.errors}")
        with open(self.output, encoding="utf-8") as output:
            output.seek(said)
            found = re.search(r"^listening on \S+:(\d+)$", output.read(), re.MULTILINE)
        return int(found.group(1)) if found else 0

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def url(self, path=""):
        return f"http://{HOST}:{self.port}{path}"


class Receiver(Helper):
    """The callbacks that were answered 200."""

    def mark(self):
        """The present, for `arrived`."""
        return os.path.getsize(self.output)

    def arrived(self, since=0, before=None):
        """{(path, event id): [webhook-id of each time]} of the callbacks between two marks."""
        callbacks = collections.defaultdict(list)
        with open(self.output, "rb") as output:
            output.seek(since)
            for line in output.read(-1 if before is None else before - since).splitlines(keepends=True):
                # The last line may be half written.
                if line.startswith(b"{") and line.endswith(b"}\n"):
                    callback = json.loads(line)
                    if callback["status"] == 200:
                        callbacks[callback["path"], callback["event_id"]].append(callback["webhook_id"])
        return callbacks

    def wait_for(self, path, event_id, limit=30):
        return until(lambda: (path, event_id) in self.arrived(), limit, f"the callback of event {event_id} at {path}", ProductError)
