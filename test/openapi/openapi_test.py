#!/usr/bin/env python3
"""conf/openapi.yaml says exactly what the agent answers: openapi_test.py AGENT.

The document must be sound, its paths and methods those of agent/api/routes.cpp and of the running
agent, and each answer as it says: status, content type, headers, and no field more or less. In the
end faults are planted in the document, and each must be found in the answers that were recorded."""
import collections
import http.server
import json
import pathlib
import re
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "test" / "support"), str(ROOT / "test" / "openapi")]
from agent_process import Agent, until  # noqa: E402
try:
    from openapi_document import Document  # noqa: E402
except ImportError as missing:
    print(f"there is no {missing.name} (scripts/setup.sh installs it)")
    print("[  SKIPPED ] openapi: the document and the agent agree (0 ms)")
    sys.exit(0)
from planted_faults import planted  # noqa: E402
from troubled_agents import troubles  # noqa: E402

TOKEN = "5f2c-secret-token"
SAMPLES = {"seq": "1", "id": "1", "name": "local:door"}
FACE = {"id": "a-1", "type": "face", "camera": 1, "matched": True, "matched_card": 5, "confidence": 0.9}
Exchange = collections.namedtuple("Exchange", "method path reply asked")


class Target(http.server.ThreadingHTTPServer):
    """Receives callbacks; /gate does not exist there."""

    def __init__(self):
        self.seen, target = [], self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                target.seen.append((self.path, self.headers.items(), body))
                self.send_response(404 if self.path == "/gate" else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.server_address[1]}{path}"


class Check:
    def __init__(self, document):
        self.document, self.exchanges, self.faults, self.callbacks = document, [], [], []

    def fault(self, text):
        self.faults.append(text)
        print("FAULT " + text)

    def note(self, method, path, reply, wanted, asked=""):
        """Judges an answer to an operation; `wanted` is its status."""
        where = f"{method} {path}{asked} -> {reply.status}"
        self.exchanges.append(Exchange(method, path, reply, asked))
        if reply.status != wanted:
            self.fault(f"{where}: expected {wanted}: {reply.body[:200]!r}")
        for one in self.document.judge(method, path, reply):
            self.fault(f"{where}: {one}")

    def ask(self, agent, method, path, wanted, body=None, query="", headers=None, **how):
        """`path` is the document's, filled with `how`'s values or samples."""
        filled = re.sub(r"{(\w+)}", lambda part: how.pop(part[1], SAMPLES[part[1]]), path)
        text = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
        headers = dict(headers or {})
        if text is not None and path == "/v1/events":
            headers.setdefault("Content-Type", "application/json")
        reply = agent.call(method, filled + query, text, headers, **how)
        self.note(method, path, reply, wanted, query)
        if reply.status < 300:
            for one in self.document.judge_request(method, path, headers.get("Content-Type"), text):
                self.fault(f"{method} {path}: the request: {one}")
        return reply


def routes():
    """(path, methods, open without a token) of the source."""
    text = (ROOT / "agent/api/routes.cpp").read_text()
    found = re.findall(r'Route\{Endpoint::\w+, "([^"]*)", \{([^}]*)\}, (true|false)\}', text)
    return [(path or "/", set(re.findall(r'"(\w+)"', methods)), open == "true") for path, methods, open in found]


def route_faults(document):
    """What the source has and the document has not, or the other way round."""
    form = lambda path: re.sub(r"{\w+}", "{}", path)  # {seq} or {id}
    left, faults = {form(path): path for path in document.root["paths"]}, []
    known = routes()
    if len(known) < 10:
        faults.append("routes.cpp cannot be read any more: the pattern in openapi_test.py is out of date")
    for path, methods, open in known:
        ours = left.pop(form(path), None)
        if ours is None:
            faults.append(f"{path} of routes.cpp is not in the document")
        elif methods != document.methods(ours):
            faults.append(f"{path}: {methods} in routes.cpp, {document.methods(ours)} in the document")
        elif any(document.operation(one, ours)["x-tcp-without-token"] != open for one in methods):
            faults.append(f"{path}: x-tcp-without-token is not what routes.cpp says")
    return faults + [f"{path} is not in routes.cpp" for path in left.values()]


def refusals(check, plain, guarded, max_body):
    """What the document says of every operation: who is refused, and what is too large."""
    evil = {"Origin": "http://evil.example"}
    for method, path, operation in list(check.document.operations()):
        answers = operation["responses"]
        check.ask(plain, method, path, 421, local=False, host="evil.example")
        check.ask(plain, method, path, 421, local=True, host="evil.example:80")
        if "401" in answers:
            check.ask(guarded, method, path, 401, local=False)
            check.ask(guarded, method, path, 401, local=False, headers={"Authorization": "Bearer wrong"})
        elif guarded.call(method, path, local=False).status == 401:
            check.fault(f"{method} {path} wants a token")
        if not operation["x-tcp-without-token"]:
            check.ask(plain, method, path, 403, local=False)
        if method not in ("GET", "HEAD"):
            check.ask(plain, method, path, 403, local=False, headers=evil)
            check.ask(plain, method, path, 403, local=True, headers=evil)
        if "413" in answers:
            check.ask(plain, method, path, 413, body="x" * (max_body + 1))
    for path in check.document.root["paths"]:
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"} - check.document.methods(path):
            reply = check.ask(plain, method, path, 405)
            if set((reply.header("Allow") or "").split(", ")) != check.document.methods(path):
                check.fault(f"{path}: Allow is {reply.header('Allow')}")
    for path in ("/v1", "/v1/nothing", "/v1/events/1/2", "/v1/webhooks/test"):
        check.note("GET", path, plain.call("GET", path), 404)


def settled(agent):
    """Once nothing waits any more."""
    until(lambda: agent.call("GET", "/v1/status").json()["queue"]["pending"] == 0, "the deliveries")


def answers(check, agent, target):
    """The answers of a working agent; over the socket, and the same over TCP with the token."""
    ask = lambda *args, **how: check.ask(agent, *args, **how)
    token = {"Authorization": "Bearer " + TOKEN}
    for method in ("GET", "HEAD"):
        for path in ("/v1/events", "/v1/status", "/v1/deliveries", "/v1/log-level", "/metrics", "/livez",
                     "/readyz", "/"):
            ask(method, path, 200)
            ask(method, path, 200, local=False, headers=token)
        ask(method, "/", 401, local=False, headers={"Accept": "text/html"})
        for query in ("?limit=0", "?color=red", "?limit=1&limit=1", "?camera=door"):
            ask(method, "/v1/events", 400, query=query)
        ask(method, "/v1/events", 404, query="?webhook=nobody")
        ask(method, "/v1/events/{seq}", 400, seq="x")
        ask(method, "/v1/events/{seq}", 404, seq="999999")
    ask("POST", "/v1/events", 202, body=FACE)
    ask("POST", "/v1/events", 202, body=FACE)  # a duplicate
    ask("POST", "/v1/events", 202, body=[])
    ask("POST", "/v1/events", 202, body=[{**FACE, "id": 4589691150480880066, "camera": {"id": 3}}, {"type": "car"}])
    ask("POST", "/v1/events", 202, body='{"id":"a-2"}\n{"id":"a-3"}\n', headers={"Content-Type": "application/x-ndjson"})
    ask("POST", "/v1/events", 202, body='{"type":"face","cooled":true}', headers=token, local=False)
    ask("POST", "/v1/events", 400, body="{")
    ask("POST", "/v1/events", 400, body={"id": "ffl-test-1"})
    ask("POST", "/v1/events", 415, body="{}", headers={"Content-Type": "text/plain"})
    ask("POST", "/v1/events", 415, body="{}", headers={"Content-Encoding": "gzip"})
    ask("POST", "/v1/webhooks/{name}/test", 202)
    ask("POST", "/v1/webhooks/{name}/test", 202, body=FACE, name="gate")
    ask("POST", "/v1/webhooks/{name}/test", 400, body="[]")
    ask("POST", "/v1/webhooks/{name}/test", 404, name="nobody")
    ask("POST", "/v1/webhooks/{name}/test", 409, name="off")
    until(lambda: len([one for one in target.seen if one[0] == "/door"]) >= 4, "the callbacks")
    settled(agent)
    via = dict(target.seen[0][1])["ffl-via"]
    ask("POST", "/v1/events", 508, body=FACE, headers={"ffl-via": via})
    for query in ("", "?camera=1", "?webhook=door", "?after=1&limit=2"):
        ask("GET", "/v1/events", 200, query=query)
    last = agent.call("GET", "/v1/events").json()["last"]
    for seq in range(1, last + 1):
        for method in ("GET", "HEAD"):
            ask(method, "/v1/events/{seq}", 200, seq=str(seq))
    ask("POST", "/v1/explain", 200, body=FACE)
    ask("POST", "/v1/explain", 200, body={"events": [FACE]})
    ask("POST", "/v1/explain", 400, body="[]")
    deliveries(check, agent)
    ask("POST", "/v1/sync", 200)
    ask("PUT", "/v1/log-level", 200, body={"level": "warn"})
    for body in ("", '{"level":"loud"}', '{"level":"warn","for":"1h"}'):
        ask("PUT", "/v1/log-level", 400, body=body)
    ask("PUT", "/v1/log-level", 413, body="x" * (64 * 1024 + 1))
    ask("GET", "/v1/status", 200)
    agent.write("webhooks.json", "[{]")
    reply = ask("POST", "/v1/sync", 502)
    if reply.json().get("fault") != "config":
        check.fault("POST /v1/sync: a bad local file has no fault: config")


def deliveries(check, agent):
    ask = lambda *args, **how: check.ask(agent, *args, **how)
    everything = agent.call("GET", "/v1/deliveries").json()["deliveries"]
    one, two, three = (str(delivery["id"]) for delivery in everything[:3])
    for query in ("?state=dead", "?bodies=1", "?order=newest&limit=1", "?event=a-1", "?error=404&max_age_s=600", "?webhook=gate"):
        ask("GET", "/v1/deliveries", 200, query=query)
    for method in ("GET", "HEAD"):
        ask(method, "/v1/deliveries", 400, query="?state=lost")
        ask(method, "/v1/deliveries", 404, query="?webhook=nobody")
        ask(method, "/v1/deliveries/{id}", 200, id=one)
        ask(method, "/v1/deliveries/{id}", 200, id=f"{int(one) // 65536}.{int(one) % 65536}")
        ask(method, "/v1/deliveries/{id}", 400, id="x")
        ask(method, "/v1/deliveries/{id}", 404, id="7")
    for verb in ("retry", "drop"):
        path = "/v1/deliveries/" + verb
        ask("POST", path, 200, body={"ids": [int(one if verb == "retry" else two)]})
        ask("POST", path, 400, body={})
        ask("POST", path, 400, body={"all": True, "colour": 1})
        ask("POST", path, 400, query="?state=dead")
        ask("POST", path, 404, body={"webhook": "nobody"})
    settled(agent)
    ask("POST", "/v1/deliveries/{id}/retry", 200, id=one)
    ask("POST", "/v1/deliveries/{id}/retry", 400, id="x")
    ask("POST", "/v1/deliveries/{id}/retry", 404, id="7")
    settled(agent)
    ask("DELETE", "/v1/deliveries/{id}", 200, id=three)
    ask("DELETE", "/v1/deliveries/{id}", 400, id="x")
    ask("DELETE", "/v1/deliveries/{id}", 404, id="7")
    ask("POST", "/v1/deliveries/retry", 200, body={"state": "dead"})
    settled(agent)
    ask("POST", "/v1/deliveries/drop", 200, body={"all": True})


def callbacks(check, target):
    for path, headers, body in target.seen:
        check.callbacks.append((headers, body))
        for one in check.document.judge_callback(headers, body):
            check.fault(f"the callback to {path}: {one}")
    for name in ("webhook-signature", "ffl-test", "ffl-event-id"):
        if not any(name in dict(headers) for headers, _ in check.callbacks):
            check.fault(f"no callback had {name}")


def odd_requests(check, agent):
    """What is hardly HTTP. Such an answer belongs to any request."""
    host = b"Host: localhost\r\n\r\n"
    for wanted, request in (
            (400, b"\x16\x03\x01\x02"), (400, b"GET / HTTP/1.1\r\n\r\n"), (505, b"GET / HTTP/3.0\r\n" + host),
            (414, b"GET /" + b"x" * 70_000), (431, b"GET / HTTP/1.1\r\nA: " + b"x" * 70_000),
            (417, b"POST /v1/events HTTP/1.1\r\nExpect: luck\r\n" + host),
            (501, b"POST /v1/events HTTP/1.1\r\nTransfer-Encoding: gzip\r\n" + host)):
        check.note("?", "?", agent.raw(request), wanted, f" {request[:40]!r}")


def half_sent(check, agent):
    """408 takes half a minute, beside everything else."""
    request = b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"
    return lambda: check.note("POST", "/v1/events", agent.raw(request), 408)


def main():
    binary = sys.argv[1]
    document = Document.read(ROOT / "conf/openapi.yaml")
    document.check()
    check, target = Check(document), Target()
    for one in route_faults(document):
        check.fault(one)
    door = {"name": "door", "target": target.url("/door"), "filters": {"type_in": "face"}}
    webhooks = [door, {"name": "gate", "target": target.url("/gate"), "send_attempts": 1},
                {"name": "off", "target": target.url("/off"), "active": False},
                {"name": "strict", "target": target.url("/s"), "filters": {"camera_in": [7], "matched": False}},
                {"name": "cool", "target": target.url("/cool")}, {"name": "bad", "target": "ftp://x"}]
    options = {"ingest": "max_body = 64KiB", "files": {"token": TOKEN + "\n", "secrets": "whsec_" + "A" * 32 + "\nwhsec_" + "B" * 32},
               "sections": "[delivery]\nsigning_secret_file = secrets\n[webhook cool]\ncooldown = 1h\n"}
    with Agent(binary, webhooks, **options) as plain, \
            Agent(binary, webhooks, **{**options, "ingest": "max_body = 64KiB\ntoken_file = token"}) as guarded:
        slow = threading.Thread(target=half_sent(check, plain))
        slow.start()
        refusals(check, plain, guarded, 64 * 1024)
        answers(check, guarded, target)
        callbacks(check, target)
        odd_requests(check, plain)
        troubles(check, binary, door, FACE)
        slow.join()
    report(check)
    target.shutdown()
    good = planted(check, route_faults) and not check.faults
    print(f"[{'       OK ' if good else '  FAILED  '}] openapi: the document and the agent agree (0 ms)")
    return 0 if good else 1


def report(check):
    document, paths = check.document, check.document.root["paths"]
    missed = sorted(document.statuses() - document.reached)
    asked = {path for _, path, status in document.reached if status[0] == "2"}
    count = len(check.exchanges)
    print(f"{count} requests, {count} answers and {len(check.callbacks)} callbacks checked, "
          f"paths {len(asked)}/{len(paths)}, statuses {len(document.reached)}/{len(document.statuses())}, "
          f"of any request {len(document.reached_any)}/{len(document.root['x-any-request'])}")
    for method, path, status in missed:
        print(f"not reached: {status} of {method} {path}")
    for status in sorted(document.root["x-any-request"].keys() - document.reached_any):
        print(f"not reached: {status} of any request")
    for path in paths.keys() - asked:
        check.fault(f"{path} was never asked with success")


if __name__ == "__main__":
    sys.exit(main())
