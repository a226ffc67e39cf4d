"""Board: the machine with the agent on it, as its owner sees it: commands, systemd, journal, the API over the network."""
import json
import urllib.error
import urllib.request

from common import HarnessError, ProductError, ShellTimeout, until

UNIT = "ffl-agent.service"


class Board:
    def __init__(self, machine, transcript, token):
        self.machine, self.transcript, self.token = machine, transcript, token

    def run(self, command, limit=60, accept=(0,), show=False):
        """A command that must end as expected; returns what it printed."""
        try:
            status, output = self.machine.shell(command, limit)
        except ShellTimeout as error:
            raise self.blame(str(error)) from error
        if show:
            self.transcript.show(f"# {command}\n{output}")
        if status not in accept:
            raise ProductError(f"`{command}` on the board ended with {status}:\n{output}")
        return output

    def blame(self, message):
        """The failure that a silence is: the agent's if the board is well, else the test's."""
        return ProductError(message) if self.machine.answers() else HarnessError(message)

    def agent(self, arguments, **options):
        """The agent's command line, with the password where the package's own scripts take it from."""
        return self.run(f"CREDENTIALS_DIRECTORY=/etc/ffl-agent ffl-agent {arguments}", **options)

    def show(self, *names):
        output = self.run(f"systemctl show {UNIT} -p {','.join(names)}")
        return dict(line.split("=", 1) for line in output.splitlines() if "=" in line)

    def pid(self):
        return int(self.show("MainPID")["MainPID"])

    def wait_active(self, limit):
        """Waits until systemd has the agent's READY=1."""
        until(lambda: self.machine.shell(f"systemctl is-active {UNIT}")[1] == "active\n", limit, f"{UNIT} to become active", ProductError, every=0.5)

    def start_times(self):
        """Milliseconds: the kernel's start to READY=1, and the agent's start to READY=1."""
        times = self.show("ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic")
        started, ready = (int(times[f"{name}TimestampMonotonic"]) // 1000 for name in ("ExecMainStart", "ActiveEnter"))
        return ready, ready - started

    def rss(self):
        """MiB that the agent holds in memory."""
        output = self.run(f"grep VmRSS /proc/{self.pid()}/status")
        return int(output.split()[1]) / 1024

    def journal(self, since=""):
        """What the agent itself has logged, oldest first: [(priority, message)]. `since` is a cursor of journal_end()."""
        after = f" --after-cursor='{since}'" if since else " -b"
        output = self.run(f"journalctl -q -u {UNIT} -t ffl-agent -o json --output-fields=PRIORITY,MESSAGE{after}")
        entries = []
        for line in output.splitlines():
            try:
                entry = json.loads(line)
            except ValueError as error:
                raise HarnessError(f"no JSON from journalctl: {line}") from error
            entries.append((int(entry["PRIORITY"]), entry["MESSAGE"]))
        return entries

    def journal_end(self):
        output = self.run("journalctl -q -n 1 -o json --output-fields=MESSAGE")
        return json.loads(output)["__CURSOR"]

    def wait_logged(self, since, text, limit=30):
        """(priority, message) of the first line that the agent logs with this text after the cursor."""
        def found():
            return next((entry for entry in self.journal(since) if text in entry[1]), None)

        return until(found, limit, f"a journal line with \"{text}\"", ProductError, every=0.5)

    def request(self, path, body=None, token=True, limit=20):
        """(status, body) of a request from outside the board."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self.token}"} if token else {})
        request = urllib.request.Request(f"http://127.0.0.1:{self.machine.agent_port}{path}", data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=limit) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError as error:
            raise self.blame(f"{path} of the agent: {error!r}") from error

    def status(self):
        code, body = self.request("/v1/status")
        if code != 200:
            raise ProductError(f"/v1/status answered {code} {body.decode(errors='replace')}")
        return json.loads(body)

    def drained(self, limit):
        """Waits until nothing is owed; returns the last status."""
        def look():
            status = self.status()
            return status if status["queue"]["pending"] == 0 else None

        return until(look, limit, "the queue to drain", ProductError, every=0.5)
