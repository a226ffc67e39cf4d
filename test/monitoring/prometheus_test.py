#!/usr/bin/env python3
"""conf/alerts.yml before a real Prometheus: prometheus_test.py FFL_AGENT

Four agents are scraped every second, the first as conf/runbook.md says (TLS, token). Whatever can go
wrong on a loopback is made to go wrong, and each alert must fire. Prometheus gets a copy of the rules
in which minutes are seconds. Where there is no prometheus, all of it is named as skipped.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import check_monitoring
from parties import Agent, Broken, Prometheus, Targets, until

CONF = pathlib.Path(__file__).resolve().parents[2] / "conf"

# What is shortened beside `for`, windows and offsets: thresholds in seconds. Each must be there.
THRESHOLDS = [
    ("ffl_agent_webhook_oldest_seconds > 60", "ffl_agent_webhook_oldest_seconds > 3"),
    ("ffl_agent_delivery_latency_seconds_bucket[10s])) > 5",
     "ffl_agent_delivery_latency_seconds_bucket[10s])) > 1"),
    ("sync_last_success_timestamp_seconds > 3600", "sync_last_success_timestamp_seconds > 5"),
]

# The legs of alerts that only the unit tests show, with why.
ONLY_IN_UNIT_TESTS = {
    "FflEventsRefused, storage": "it would take a disk that fails",
    "FflQueueFilling, min_free": "it would take filling the disk of this machine",
    "FflDiskFailing, slow": "fsync on this machine is quick",
    "FflNoEvents, three days": "the agent's own times cannot be shortened",
    "FflDeliveriesLate, oldest": "what waits here belongs to a webhook that fails as well",
}

INI = """
[ingest]
listen = 127.0.0.1:0
socket = {folder}/agent.sock
[queue]
path = {folder}/agent.db
min_free = 1MiB
[webhooks]
file = {folder}/webhooks.json
[delivery]
retry_initial = 100ms
retry_max = 1s
"""


def shortened(text):
    text = re.sub(r"\bfor: \d+[mh]$", "for: 2s", text, flags=re.M)
    text = re.sub(r"\[\d+[mh]\]", "[10s]", text)
    text = re.sub(r"offset 1w", "offset 20s", text)
    for long, short in THRESHOLDS:
        if text.count(long) != 1:
            raise Broken(f"conf/alerts.yml does not have {long} once")
        text = text.replace(long, short)
    for rule in check_monitoring.rules(text):
        if re.search(r"\b\d+[mhdw]\b", rule["expr"] + " " + rule.get("for", "")):
            raise Broken(f"a duration of {rule['alert']} was not shortened")
    return text


def board_at_the_door(folder, agent, targets):
    """TLS with a certificate that ends soon, a token, and a webhook for each kind of trouble."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", folder / "agent.key", "-out", folder / "agent.crt", "-days", "5", "-subj", "/CN=board",
         "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    (folder / "token").write_text("a-token-for-tests\n")
    return Agent(agent, folder, INI.format(folder=folder).replace(
        "listen = 127.0.0.1:0", "listen = 127.0.0.1:0\ntoken_file = token\n"
        "tls_cert_file = agent.crt\ntls_key_file = agent.key") + "[webhook old]\nmax_age = 1s\n", [
            {"name": "good", "target": targets.url + "/ok", "filters": {}},
            {"name": "slow", "target": targets.url + "/slow", "filters": {}},
            {"name": "refusing", "target": targets.url + "/refuse", "filters": {}, "send_attempts": 1},
            {"name": "dead", "target": targets.dead_url + "/", "filters": {}},
            {"name": "old", "target": targets.dead_url + "/old", "filters": {}}])


def board_that_is_full(folder, agent, targets, when_full="reject"):
    ini = INI.format(folder=folder).replace("[webhooks]", f"max_size = 1MiB\nwhen_full = {when_full}\n[webhooks]")
    return Agent(agent, folder, ini, [{"name": "dead", "target": targets.dead_url + "/", "filters": {}}])


def board_that_drops(folder, agent, targets):
    return board_that_is_full(folder, agent, targets, "drop_oldest")


def board_that_was_damaged(folder, agent, targets):
    """Its database is none, and no server ever gave it webhooks."""
    (folder / "agent.db").write_bytes(b"damaged " * 4096)
    (folder / "password").write_text("secret\n")
    return Agent(agent, folder, INI.format(folder=folder).replace("[webhooks]\nfile", "# file") +
                 f"[server]\nurl = {targets.dead_url}\nusername = u\npassword_file = password\n", [])


class Trial:
    failing = [("FflWebhookFailing", name) for name in ("dead", "old", "refusing")]

    def __init__(self, prometheus):
        self.prometheus, self.failed, self.expected = prometheus, 0, []

    def expect(self, alert, **labels):
        """The alert fires, with these labels among its own."""
        self.expected.append({"alertname": alert, **labels})
        name = "monitoring: " + ", ".join([alert, *(f"{k} {v}" for k, v in labels.items())])
        began = time.monotonic()
        fires = until(lambda: any(self.expected[-1].items() <= found.items()
                                  for found in self.prometheus.firing()), 60)
        self.failed += not fires
        print(f"[{'OK' if fires else 'FAILED':>9} ] {name} ({(time.monotonic() - began) * 1000:.0f} ms)",
              flush=True)

    def expect_no_more(self, beside):
        """Nothing fires but what was expected, what webhooks without a target lead to, and what that
        agent has to say."""
        found = [alert for alert in self.prometheus.firing()
                 if not any(one.items() <= alert.items() for one in self.expected)
                 and (alert["alertname"], alert.get("name")) not in self.failing
                 and alert["instance"] != beside.address]
        self.failed += bool(found)
        print(f"[{'FAILED' if found else 'OK':>9} ] monitoring: nothing else fires (0 ms) {found or ''}")


def run(agent, work):
    (work / "alerts.yml").write_text(shortened((CONF / "alerts.yml").read_text()))
    targets = Targets()
    boards = []
    for make in (board_at_the_door, board_that_is_full, board_that_drops, board_that_was_damaged):
        folder = work / make.__name__
        folder.mkdir()
        boards.append(make(folder, agent, targets))
    door, full, drops, damaged = boards
    prometheus = None
    try:
        for board in boards:
            board.start()
        prometheus = Prometheus(work, CONF / "runbook.md", door, boards[1:])
        prometheus.start()
        trial = Trial(prometheus)
        door.send_all_the_time()
        full.send_all_the_time("x" * 100_000)
        drops.send_all_the_time("x" * 100_000)
        damaged.send_all_the_time()
        door.reload("[ingest]\nno_such_key = 1\n")

        trial.expect("FflWebhookFailing", name="dead", instance=door.address)
        trial.expect("FflDeliveriesGivenUp", name="refusing", outcome="dead")
        trial.expect("FflDeliveriesGivenUp", name="old", outcome="expired")
        trial.expect("FflDeliveriesLate", name="slow")
        trial.expect("FflEventsRefused", reason="queue_full", instance=full.address)
        trial.expect("FflEventsRefused", reason="drop_oldest", instance=drops.address)
        trial.expect("FflEventsRefused", reason="no_definitions", instance=damaged.address)
        trial.expect("FflQueueFilling", limit="max_size", instance=full.address)
        trial.expect("FflDiskFailing", sign="damaged", instance=damaged.address)
        trial.expect("FflSettingsStale", what="configuration", instance=door.address)
        trial.expect("FflSettingsStale", what="webhooks", instance=damaged.address)
        trial.expect("FflCertificateEnds", certificate="[ingest] tls_cert_file", instance=door.address)
        trial.expect_no_more(beside=drops)

        (work / "metrics").write_text(door.metrics())
        trial.failed += check_monitoring.main([str(work / "metrics")])

        door.stop_sending()
        trial.expect("FflNoEvents", instance=door.address)
        door.kill()
        trial.expect("FflAgentDown", instance=door.address)

        for alert in sorted(check_monitoring.alert_names() - {one["alertname"] for one in trial.expected}):
            trial.failed += 1
            print(f"{alert} was not provoked")
        for leg, why in ONLY_IN_UNIT_TESTS.items():
            print(f"only in the unit tests: {leg}: {why}")
        if trial.failed:
            for party in (prometheus, *boards):
                party.show_log()
        return trial.failed
    finally:
        for party in (*boards, *([prometheus] if prometheus else []), targets):
            party.stop()


def main(arguments):
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 64
    if not shutil.which("prometheus") or not shutil.which("promtool"):
        print("there is no prometheus (scripts/setup.sh installs it)")
        for alert in sorted(check_monitoring.alert_names()):
            print(f"[  SKIPPED ] monitoring: {alert} (0 ms)")
        return 0
    with tempfile.TemporaryDirectory(prefix="ffl-monitoring-") as work:
        return 1 if run(arguments[0], pathlib.Path(work)) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
