"""The package's life on the board: installed, configured, checked, started, reloaded, frozen, upgraded, removed, purged. Each step says what it
saw or raises ProductError."""
import json
import os

from board import UNIT
from common import ProductError, until
from cuts import under_load
from load import WEBHOOKS, Load

USER = "installer"
PASSWORD = "board-test-password"
DROP_IN = f"/etc/systemd/system/{UNIT}.d/board-test.conf"
WATCHDOG_S = 12  # instead of the package's, to save time; an emulated board must still feed it in time


def install(board, package):
    say = board.transcript.say
    with open(package, "rb") as file:
        content = file.read()
    board.machine.put("/root/agent.deb", content)
    began = board.transcript.seconds()
    board.run("dpkg -i /root/agent.deb", limit=180, show=True)
    took = board.transcript.seconds() - began
    installed = board.run("dpkg-query -W -f '${Status} ${Version} ${Architecture}' ffl-agent")
    enabled = board.run(f"systemctl is-enabled {UNIT}").strip()
    say(f"installed in {took:.1f} s: {installed}; {UNIT} is {enabled}; {len(content) / 2**20:.1f} MiB; {board.run('ffl-agent --version').strip()}")


def set_keys(text, keys):
    """The INI with {(section, key): value} set where the packaged file has the key."""
    section, left, lines = "", dict(keys), []
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[] ")
        name = line.split("=")[0].strip()
        if (section, name) in left:
            line = f"{name} = {left.pop((section, name))}"
        lines.append(line)
    if left:
        raise ProductError(f"the packaged agent.ini lacks {sorted(left)}")
    return "\n".join(lines) + "\n"


def configure(board, server_url, sync):
    """As the package's documents say for producers on other machines: a token, and an address that they can reach."""
    packaged = board.run("cat /etc/ffl-agent/agent.ini")
    ini = set_keys(packaged, {
        ("server", "url"): server_url, ("server", "username"): USER,
        ("server", "password_file"): "",  # systemd's credential
        ("ingest", "listen"): "0.0.0.0:8093", ("ingest", "token_file"): "token",
        ("queue", "sync"): sync,
        # So that a target that comes back is noticed within the test's patience.
        ("delivery", "retry_max"): "2s"})
    put = board.machine.put
    put("/etc/ffl-agent/agent.ini", ini.encode(), "640")
    put("/etc/ffl-agent/password", f"{PASSWORD}\n".encode(), "640")
    put("/etc/ffl-agent/token", f"{board.token}\n".encode(), "640")
    board.run("chgrp ffl-agent /etc/ffl-agent/token /etc/ffl-agent/agent.ini")
    board.run(f"mkdir -p {os.path.dirname(DROP_IN)}")
    put(DROP_IN, f"[Service]\nWatchdogSec={WATCHDOG_S}s\n".encode())
    board.run("systemctl daemon-reload")
    board.agent("check", show=True)
    return ini


def start(board):
    say = board.transcript.say
    board.run(f"systemctl restart {UNIT}", limit=90)  # returns with READY=1
    board.wait_active(5)
    _, took = board.start_times()
    shown = board.show("Type", "NotifyAccess", "WatchdogUSec", "ActiveState", "SubState", "User", "NRestarts")
    say(f"READY=1 {took} ms after the start; resident {board.rss():.1f} MiB; " + " ".join(f"{name}={value}" for name, value in shown.items()))
    if shown["Type"] != "notify":
        raise ProductError(f"the unit is Type={shown['Type']}, not notify")
    until(lambda: "serving" in board.show("StatusText")["StatusText"], 30, "STATUS= in words", ProductError, every=0.5)
    say(f"StatusText: {board.show('StatusText')['StatusText']}")
    return took, board.rss()


def main_job(board, receiver, data):
    """The manual's example, created on the server from the board; its event sent on the board and from outside; what the API says."""
    say = board.transcript.say
    with open(os.path.join(data, "manual_webhook.json"), encoding="utf-8") as file:
        definition = json.load(file) | {"target": receiver.url("/example")}
    with open(os.path.join(data, "manual_event.json"), encoding="utf-8") as file:
        event = json.load(file)
    board.machine.put("/root/webhook.json", json.dumps(definition).encode())
    board.machine.put("/root/event.json", json.dumps(event).encode())
    board.agent("webhook create /root/webhook.json", show=True)
    board.agent("sync", show=True)
    board.agent("webhook list", show=True)
    board.agent("send /root/event.json", show=True)
    receiver.wait_for("/example", event["id"])
    outside = json.dumps(event | {"id": "from-outside"}).encode()
    refused, _ = board.request("/v1/events", outside, token=False)
    taken, answer = board.request("/v1/events", outside)
    say(f"POST /v1/events from outside: {refused} without the token, {taken} {answer.decode().strip()} with it")
    if refused != 401 or taken != 202:
        raise ProductError("wanted 401 without the token and 202 with it")
    receiver.wait_for("/example", "from-outside")
    say("both callbacks of the manual's example have arrived")
    status = board.drained(30)
    board.transcript.show("GET /v1/status: " + json.dumps(status))
    serving = sorted(webhook["name"] for webhook in status["webhooks"] if webhook["state"] == "serving")
    if status["server"]["state"] != "ok" or len(serving) != len(WEBHOOKS) + 1:
        raise ProductError("the status is not that of an agent that serves three webhooks")
    board.agent("status", show=True)


def reload(board, ini):
    """SIGHUP with a good file takes it, with a bad one keeps the old; the journal has it all at its priorities."""
    say, pid, put = board.transcript.say, board.pid(), board.machine.put
    path = "/etc/ffl-agent/agent.ini"

    def state_of_faces():
        return next((one["state"] for one in board.status()["webhooks"] if one["name"] == "faces"), None)

    mark = board.journal_end()
    put(path, set_keys(ini, {("webhooks", "exclude"): "faces", ("ingest", "listen"): "0.0.0.0:8094"}).encode(), None)
    board.run(f"systemctl reload {UNIT}")
    until(lambda: state_of_faces() == "excluded", 30, "the webhook to be excluded by the new file", ProductError, every=0.5)
    good = board.wait_logged(mark, "reloaded")
    later = board.wait_logged(mark, "[ingest] listen")

    mark = board.journal_end()
    put(path, (ini + "\n[queue2]\nbogus = 1\n").encode(), None)
    board.run(f"kill -HUP {pid}")
    bad = board.wait_logged(mark, "queue2")
    if state_of_faces() != "excluded" or board.pid() != pid:
        raise ProductError("a bad file was not passed over")
    mark = board.journal_end()
    put(path, ini.encode(), None)
    board.run(f"kill -HUP {pid}")
    board.wait_logged(mark, "reloaded")
    until(lambda: state_of_faces() == "serving", 30, "the webhook to be served again", ProductError, every=0.5)
    board.wait_active(10)
    say(f"SIGHUP good: <{good[0]}> {good[1]}")
    say(f"              <{later[0]}> {later[1]}")
    say(f"SIGHUP bad:  <{bad[0]}> {bad[1]}")
    if (good[0], later[0], bad[0]) != (6, 4, 3):
        raise ProductError("wanted the priorities 6 (info), 4 (warning) and 3 (error)")


def freeze(board):
    """A frozen agent is found by the watchdog, and systemd starts another."""
    say, pid = board.transcript.say, board.pid()
    before = int(board.show("NRestarts")["NRestarts"])
    began = board.transcript.seconds()
    board.run(f"kill -STOP {pid}")
    until(lambda: board.pid() not in (0, pid), 4 * WATCHDOG_S, "systemd to start another agent", ProductError, every=0.5)
    board.wait_active(60)
    took = board.transcript.seconds() - began
    said = board.run(f"journalctl -q -b -o cat _PID=1 UNIT={UNIT} | grep -i watchdog", accept=(0, 1)).strip()
    board.transcript.show(said)
    restarts = int(board.show("NRestarts")["NRestarts"]) - before
    say(f"SIGSTOP: active again after {took:.1f} s (WatchdogSec={WATCHDOG_S}s here), {restarts} restart")
    if "atchdog timeout" not in said:
        raise ProductError("it was not the watchdog")


def journal(board):
    """Priorities of all lines so far, an example of each, and no secret among them."""
    lines = board.journal()
    for priority in sorted({priority for priority, _ in lines}):
        of_it = [message for one, message in lines if one == priority]
        board.transcript.say(f"journal: {len(of_it)} lines at <{priority}>, such as: {of_it[-1]}")
    if any(secret in message for _, message in lines for secret in (PASSWORD, board.token)):
        raise ProductError("a secret is in the journal")


def upgrade_and_remove(board, receiver, ledger):
    """Deliveries that are owed outlive an upgrade and a removal, go out when the package is back, and purge leaves nothing."""
    say = board.transcript.say

    def waiting(limit=60):
        board.wait_active(limit)
        return board.status()["queue"]["pending"]

    receiver.stop()
    load = Load(board.machine.agent_port, board.token, ledger, "upgrade").start()
    try:
        under_load(load, ledger, 2)
    finally:
        load.stop()
    owed, pid, ini = waiting(), board.pid(), board.run("cat /etc/ffl-agent/agent.ini")
    if load.faults or not owed:
        raise ProductError(f"no backlog to upgrade with: {load.faults[:3]}")

    board.run("dpkg -i /root/agent.deb", limit=180)
    upgraded = waiting()
    if board.pid() == pid or board.run("cat /etc/ffl-agent/agent.ini") != ini:
        raise ProductError("an upgrade restarts the service and keeps agent.ini")
    board.run("dpkg --remove ffl-agent", limit=180)
    removed = board.run(f"systemctl is-active {UNIT}; ls /var/lib/ffl-agent /etc/ffl-agent", accept=(0,))
    board.run("dpkg -i /root/agent.deb", limit=180)
    back = waiting()
    say(f"{owed} deliveries owed: {upgraded} after an upgrade, {back} after removal and installation")
    if (upgraded, back) != (owed, owed) or "agent.db" not in removed:
        raise ProductError(f"upgrade or removal touched the queue; after the removal there were: {removed.split()}")
    receiver.start()
    board.drained(180)
    if lost := ledger.missing(receiver.arrived()):
        raise ProductError(f"{len(lost)} deliveries were lost by upgrade and removal, the first: {lost[:5]}")

    board.run("dpkg --purge ffl-agent", limit=180)
    left = board.run(
        f"ls -d /var/lib/ffl-agent /etc/ffl-agent /run/ffl-agent /usr/bin/ffl-agent /lib/systemd/system/{UNIT} 2>/dev/null", accept=(2,)).strip()
    if left:
        raise ProductError(f"purge left {left}")
    say("they have arrived; purged, nothing is left")
