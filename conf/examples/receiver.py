#!/usr/bin/env python3
"""Receives ffl-agent's callbacks: verifies the signature (Standard Webhooks 1.0), handles each
delivery once, and answers 204 when that is done.

    ./receiver.py --secret-file secrets --listen 127.0.0.1:9000

secrets is the file of the agent's `signing_secret_file`: whsec_ lines, of which one must have signed.
To change a secret: put the new one first in the agent's file and reload the agent, give the
receiver the new one, then take the old one out of the agent's. The file is read again when it
changes. Needs nothing but Python 3.8. Replace handle()."""
import argparse
import base64
import binascii
import hashlib
import hmac
import http.server
import json
import os
import sqlite3
import sys
import threading
import time

TOLERANCE_S = 5 * 60  # between the agent's clock and this one
MOST_BYTES = 8 << 20
REMEMBERED = 100_000  # webhook-ids


def handle(event, headers):
    """Here goes what a callback is for. An exception is answered 500, and the agent tries again."""
    test = " (a test)" if headers.get("ffl-test") == "1" else ""
    say(f"event {json.dumps(event)}{test}")


def say(text, to=sys.stdout):
    """A whole line, whatever other threads print."""
    to.write(text + "\n")
    to.flush()


class Forged(Exception):
    """Not from the agent, or from long ago, or from a clock that is wrong."""


class Secrets:
    def __init__(self, path):
        self.path, self.stamp, self.keys = path, None, []
        self.current()

    def current(self):
        """The keys, read again when the file has changed. A bad file leaves the last good ones."""
        try:
            found = os.stat(self.path)
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
            if stamp != self.stamp:
                with open(self.path, encoding="ascii") as file:
                    lines = [line.strip() for line in file if line.strip()]
                self.keys, self.stamp = [key_of(line) for line in lines], stamp
        except (OSError, ValueError) as error:
            if not self.keys:
                raise
            say(f"receiver: {self.path}: {error}", sys.stderr)
        if not self.keys:
            raise ValueError(f"{self.path}: no secret: expected lines of whsec_...")
        return self.keys


def key_of(line):
    if not line.startswith("whsec_"):
        raise ValueError("expected lines of whsec_ and base64")
    try:
        return base64.b64decode(line[len("whsec_"):], validate=True)
    except binascii.Error:
        raise ValueError("what follows whsec_ is not base64") from None


def verify(keys, headers, body, now=None):
    """Raises Forged unless one of the signatures is by one of the keys, of these very bytes."""
    message, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message or not timestamp.isascii() or not timestamp.isdigit():
        raise Forged("webhook-id or webhook-timestamp is missing")
    signed = f"{message}.{timestamp}.".encode() + body
    wanted = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()) for key in keys]
    good = False
    # All of them, each in constant time: how long this takes says nothing about a right one.
    for signature in headers.get("webhook-signature", "").split(" ")[:16]:
        version, _, value = signature.partition(",")
        for one in wanted:
            good |= version == "v1" and hmac.compare_digest(one, value.encode())
    if not good:
        raise Forged("no signature fits")
    if abs((time.time() if now is None else now) - int(timestamp)) > TOLERANCE_S:
        raise Forged("webhook-timestamp is more than five minutes away from this clock")
    return message


class Seen:
    """The webhook-ids of what was handled, the latest of them, also over a restart."""

    def __init__(self, path, most=REMEMBERED):
        self.most, self.lock = most, threading.Lock()
        self.database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.database.execute("CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY, at REAL)")

    def once(self, message, work, at_most_once):
        """Calls `work` unless it was done for this id. False: it was. Where the process dies in the
        middle, the work is done again, or not at all with `at_most_once`."""
        with self.lock:  # one at a time: a slow attempt and its repetition must not run together
            run = self.database.execute
            run("BEGIN IMMEDIATE")
            try:
                if not run("INSERT OR IGNORE INTO seen VALUES (?, ?)", (message, time.time())).rowcount:
                    return False
                run("DELETE FROM seen WHERE rowid <= (SELECT max(rowid) FROM seen) - ?", (self.most,))
                if at_most_once:
                    run("COMMIT")
                work()
            except BaseException:
                run("DELETE FROM seen WHERE id = ?", (message,))
                raise
            finally:
                if self.database.in_transaction:
                    run("COMMIT")
        return True


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version, timeout = "HTTP/1.1", 60  # connections are kept
    secrets = seen = work = None
    at_most_once = False

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > MOST_BYTES:
            self.close_connection = True
            return self.answer(413 if length.isdigit() else 411, "a Content-Length is needed")
        body = self.rfile.read(int(length))
        try:
            message = verify(self.secrets.current(), self.headers, body)
        except Forged as error:
            return self.answer(401, str(error))
        try:
            event = json.loads(body)
            new = self.seen.once(message, lambda: self.work(event, self.headers),
                                 self.at_most_once)
        except Exception as error:  # whatever it is, the agent is to try again
            return self.answer(500, repr(error))
        if not new:
            say(f"repeated {message}")
        self.answer(204)

    def answer(self, status, why=""):
        text = why.encode()
        self.send_response(status)
        if not self.close_connection:
            self.send_header("Connection", "keep-alive")
            self.send_header("Keep-Alive", f"timeout={self.timeout}")
        if status != 204:
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if status != 204:
            self.wfile.write(text)
            say(f"receiver: {status} {why}", sys.stderr)

    def log_message(self, *_):
        pass


def serve(options, work, at_most_once=False):
    """Runs until it is killed. `options` has listen, secret_file and seen."""
    host, _, port = options.listen.rpartition(":")
    Handler.secrets, Handler.seen = Secrets(options.secret_file), Seen(options.seen)
    Handler.work, Handler.at_most_once = staticmethod(work), at_most_once
    server = http.server.ThreadingHTTPServer((host.strip("[]"), int(port)), Handler)
    say(f"listening on http://{host}:{server.server_address[1]}/")
    server.serve_forever()


def parser(description):
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--listen", default="127.0.0.1:9000", help="HOST:PORT; port 0: any")
    options.add_argument("--secret-file", required=True, help="whsec_ lines")
    options.add_argument("--seen", default="seen.db", help="SQLite file of handled webhook-ids")
    return options


if __name__ == "__main__":
    try:
        serve(parser("Receives ffl-agent's callbacks.").parse_args(), handle)
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError) as fault:
        sys.exit(f"receiver: {fault}")
