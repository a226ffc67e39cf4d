#!/usr/bin/env python3
"""The agent's signatures as others see them: the library of Standard Webhooks itself (npm's
standardwebhooks) judges real deliveries: standard_webhooks_test.py AGENT MODULES. MODULES is a folder
of the build for what npm installs as node/package-lock.json pins it; where that cannot be, the test
is named as skipped."""
import filecmp
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading

from common import NEW, OLD, Agent, sign, until

HERE = pathlib.Path(__file__).resolve().parent / "node"
NAME = "standardwebhooks takes what the agent signed with two secrets"


def install(modules):
    """Why it cannot be; empty: it is there."""
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            return f"there is no {tool}"
    modules.mkdir(parents=True, exist_ok=True)
    installed = modules / "installed.json"
    if not installed.exists() or not filecmp.cmp(HERE / "package-lock.json", installed, shallow=False):
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, modules / name)
        # Without a network npm would try for minutes.
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-timeout=20000",
                               "--fetch-retries=1", "--fetch-retry-mintimeout=1000"], cwd=modules, capture_output=True, text=True)
        if done.returncode != 0:
            (modules / "npm.log").write_text(done.stdout + done.stderr)
            return f"npm could not install standardwebhooks (see {modules}/npm.log)"
        shutil.copy(HERE / "package-lock.json", installed)
    return ""


class Target(http.server.ThreadingHTTPServer):
    """Refuses the first attempt of each delivery, so that retries are signed too."""

    def __init__(self):
        self.seen, target = [], self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                target.seen.append((dict(self.headers.items()), self.rfile.read(int(self.headers["Content-Length"])).decode()))
                self.send_response(503 if self.headers["ffl-attempt"] == "1" else 200)
                self.end_headers()

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def deliveries():
    """Real ones, in both shapes, with two secrets."""
    events = ['{"id": "w-1", "type": "face", "confidence": 1.50}', '{"id":"w-2","name":"\u00e9\u4e2d \\u0000"}', "{}", '{"id": 3}']
    target = Target()
    for shape in ("object", "array"):
        webhook = {"name": "door", "target": f"http://127.0.0.1:{target.server_address[1]}/"}
        sections = f"[delivery]\nsigning_secret_file = secrets\nretry_initial = 50ms\nbody = {shape}\n"
        with Agent(sys.argv[1], [webhook], sections=sections, files={"secrets": f"{NEW}\n{OLD}\n"}) as agent:
            for event in events:
                agent.call("POST", "/v1/events", event, {"Content-Type": "application/json"})
            until(lambda: agent.call("GET", "/v1/status").json()["webhooks"][0]["delivered"] == len(events), "the deliveries")
    target.shutdown()
    return target.seen


def cases(seen):
    """(what, secret, headers, body, whether it is good)."""
    third = OLD[:-5] + "AAAA="
    for headers, body in seen:
        yield "the new secret", NEW, headers, body, True
        yield "the old secret", OLD, headers, body, True
        yield "another secret", third, headers, body, False
        yield "another body", NEW, headers, body.replace("{", "{ ", 1), False
        yield "another id", NEW, {**headers, "webhook-id": headers["webhook-id"][:-1]}, body, False
        yield "another time", NEW, {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}, body, False
    # The judge itself, with a signature of our own.
    headers, body = seen[0]
    own = {**headers, "webhook-signature": sign(OLD, headers["webhook-id"], headers["webhook-timestamp"], body.encode())}
    yield "one signature", OLD, own, body, True
    yield "one signature, the new secret", NEW, own, body, False


def main():
    modules = pathlib.Path(sys.argv[2]).resolve()
    if reason := install(modules):
        print(f"left out: {reason}\n[  SKIPPED ] {NAME} (0 ms)")
        return 0
    every = list(cases(deliveries()))
    lines = "".join(json.dumps({"secret": secret, "headers": headers, "body": body}) + "\n" for _, secret, headers, body, _ in every)
    done = subprocess.run(["node", HERE / "verify.mjs"], input=lines, capture_output=True, text=True,
                          env={**os.environ, "FFL_MODULES": str(modules)})
    verdicts, wrong = done.stdout.splitlines(), 0
    if done.returncode != 0 or len(verdicts) != len(every):
        print(done.stderr)
        wrong = 1
    for (what, _, headers, body, good), verdict in zip(every, verdicts):
        if (verdict == "good") != good:
            print(f"{what}: {verdict}: attempt {headers['ffl-attempt']} of {body}")
            wrong += 1
    attempts = {headers["ffl-attempt"] for _, _, headers, _, _ in every}
    if attempts != {"1", "2"}:
        print(f"attempts {attempts}")
        wrong += 1
    print(f"{len(every)} judged, {wrong} otherwise than they should be\n[{'  FAILED  ' if wrong else '       OK '}] {NAME} (0 ms)")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
