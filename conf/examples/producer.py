#!/usr/bin/env python3
"""Sends events to ffl-agent: NDJSON on standard input, one event a line, until its end.

    recogniser | ./producer.py
    ./producer.py --url https://board-7:8093 --token-file token --ca-file agent.crt <events.ndjson

Loses nothing that it has read: it waits and sends the same bytes again until the agent says 202.
What the agent finds faulty is reported and left out. Exit code: 0 all accepted, 65 some were
faulty, 77 the token or another setting is wrong (what was not accepted goes to --left FILE).
Needs nothing but Python 3.8. As a module: Producer(url).send([b'{"id": ...}'])."""
import argparse
import email.utils
import http.client
import json
import queue
import random
import socket
import ssl
import sys
import threading
import time
import urllib.parse
import uuid

MOST_EVENTS, MOST_BYTES = 100, 1 << 20  # of one request
LONGEST_WAIT_S = 30.0  # unless the agent asks for more
LONGEST_ASKED_S = 3600.0


class Faulty(Exception):
    """The agent will never take this: 400, 413, 415, 508."""


class Misconfigured(Exception):
    """Token, path or host name are wrong: nothing will be taken until a person mends that."""


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def retry_after(value, now=None):
    """Seconds that a Retry-After asks for (a number or a date), 0 without one."""
    try:
        wait = float(value)
    except (TypeError, ValueError):
        try:
            date = email.utils.parsedate_to_datetime(value)
            wait = date.timestamp() - (time.time() if now is None else now)
        except (TypeError, ValueError):
            wait = 0.0
    return min(max(wait, 0.0), LONGEST_ASKED_S)


def with_id(line):
    """Without an id an event that is sent again cannot be recognised and is delivered twice. Its
    other bytes stay as they are."""
    try:
        event = json.loads(line)
    except ValueError:
        return line  # the agent says what is wrong with it
    if not isinstance(event, dict) or "id" in event:
        return line
    head, rest = line.lstrip()[:1], line.lstrip()[1:]
    comma = b"," if event else b""
    return head + json.dumps({"id": str(uuid.uuid4())})[1:-1].encode() + comma + rest


class Producer:
    def __init__(self, url="http://127.0.0.1:8093", token_file=None, ca_file=None, unix=None,
                 timeout=15.0, sleep=time.sleep):
        self.url, self.token_file, self.unix = urllib.parse.urlsplit(url), token_file, unix
        self.timeout, self.sleep = timeout, sleep
        self.tls = ssl.create_default_context(cafile=ca_file) if self.url.scheme == "https" else None
        self.connection = None  # kept from one request to the next
        self.token = self.read_token()

    def read_token(self):
        if not self.token_file:
            return ""
        with open(self.token_file, encoding="ascii") as file:
            return file.readline().strip()

    def send(self, events):
        """Returns when the agent has stored the events, each the bytes of a JSON object. Raises
        Faulty if it never will, and nothing of them was stored; or Misconfigured."""
        body, failures, token_was_read = b"\n".join(events) + b"\n", 0, False
        while True:
            status, headers, text = self.post(body)
            if status == 202:
                return json.loads(text)
            if status in (400, 413, 415, 508):
                raise Faulty(f"{status}: {detail(text)}")
            if status == 401 and not token_was_read:
                # The token may have been replaced; a second 401 says that it is wrong.
                self.token, token_was_read = self.read_token(), True
                continue
            if status is not None and status != 408 and status != 429 and status < 500:
                raise Misconfigured(f"{status}: {detail(text)}")
            # Not stored, or nobody knows: the same bytes again, which is always safe.
            failures += 1
            longest = min(0.5 * 2 ** min(failures, 8), LONGEST_WAIT_S)
            wait = max(random.uniform(longest / 2, longest), retry_after(headers.get("Retry-After")))
            why = f"{status}: {detail(text)}" if status else text
            print(f"producer: {why}; again in {wait:.1f} s", file=sys.stderr)
            self.sleep(wait)

    def post(self, body):
        """(status, headers, text), with the status None where there was no answer."""
        headers = {"Content-Type": "application/x-ndjson"}
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        while True:
            kept = self.connection is not None
            try:
                self.connection = self.connection or self.connect()
                self.connection.request("POST", self.url.path.rstrip("/") + "/v1/events", body, headers)
                answer = self.connection.getresponse()
                text = answer.read()
                if answer.will_close:
                    self.close()
                return answer.status, answer.headers, text
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if not kept:  # one that was kept may just have been closed: try a new one at once
                    return None, {}, f"no answer: {error!r}"

    def connect(self):
        if self.unix:
            return UnixConnection(self.unix, self.timeout)
        if self.tls:
            return http.client.HTTPSConnection(self.url.netloc, timeout=self.timeout, context=self.tls)
        return http.client.HTTPConnection(self.url.netloc, timeout=self.timeout)

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


def detail(text):
    try:
        return json.loads(text)["detail"]
    except (ValueError, KeyError, TypeError):
        return "(no detail)"


def send_or_halve(producer, events, faulty):
    """A faulty event must not take its neighbours with it, nor a request that is too large."""
    try:
        print("accepted", json.dumps(producer.send(events)), flush=True)
    except Faulty as error:
        if len(events) == 1:
            faulty.append(events[0])
            print(f"producer: left out, {error}: {events[0][:200]!r}", file=sys.stderr)
            return
        half = len(events) // 2
        send_or_halve(producer, events[:half], faulty)
        send_or_halve(producer, events[half:], faulty)


def read_lines(lines):
    for line in sys.stdin.buffer:
        if line.strip():
            lines.put(with_id(line.strip()))
    lines.put(None)


def next_batch(lines):
    """One event, and what else is waiting; the flag says whether more may come."""
    batch, size = [], 0
    while len(batch) < MOST_EVENTS and size < MOST_BYTES:
        try:
            line = lines.get(block=not batch)
        except queue.Empty:
            break
        if line is None:
            return batch, False
        batch.append(line)
        size += len(line)
    return batch, True


def main():
    options = argparse.ArgumentParser(description="Sends NDJSON events to ffl-agent.")
    options.add_argument("--url", default="http://127.0.0.1:8093")
    options.add_argument("--unix", help="the agent's socket, in place of the URL's host")
    options.add_argument("--token-file", help="its first line is the bearer token")
    options.add_argument("--ca-file", help="PEM bundle to verify the agent's certificate with")
    options.add_argument("--left", help="where events go that could not be sent")
    given = options.parse_args()
    producer = Producer(given.url, given.token_file, given.ca_file, given.unix)
    lines = queue.Queue(1000)  # full: the recogniser waits on its pipe
    threading.Thread(target=read_lines, args=(lines,), daemon=True).start()
    faulty, more = [], True
    while more:
        batch, more = next_batch(lines)
        try:
            if batch:
                send_or_halve(producer, batch, faulty)
        except Misconfigured as error:
            print(f"producer: stopped, {error}", file=sys.stderr)
            leave(given.left, batch, lines, more)
            return 77
    return 65 if faulty else 0


def leave(path, batch, lines, more):
    """What is not accepted, to be sent later: the same bytes are no second event."""
    while more and (line := lines.get()) is not None:
        batch.append(line)
    if path:
        with open(path, "ab") as file:
            file.writelines(line + b"\n" for line in batch)
    print(f"producer: {len(batch)} events not sent{' are in ' + path if path else ''}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
