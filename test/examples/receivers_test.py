"""The receivers of conf/examples: what they accept, what they refuse, and that they act once."""
import base64
import os
import pathlib
import shutil
import socket
import tempfile
import threading
import time
import unittest

from common import BINARY, EXAMPLES, NEW, OLD, Agent, Process, post, sign, until

import receiver as receiver_module  # of the examples

EVENT = b'{"id": "r-1", "type": "face", "camera": 4589691150480880066}'


def signed(*secrets, message="msg_0123456789abcdef0123456789abcdef", age=0, body=EVENT):
    timestamp = str(int(time.time()) - age)
    return {"webhook-id": message, "webhook-timestamp": timestamp, "ffl-attempt": "1",
            "webhook-signature": " ".join(sign(secret, message, timestamp, body) for secret in secrets)}


class ReceiverRules:
    """The rules that all of them follow. `command` is one, without its options."""
    survives_restart = True

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.secrets = pathlib.Path(self.folder.name, "secrets")
        self.secrets.write_text(OLD + "\n")

    def tearDown(self):
        self.folder.cleanup()

    def start(self):
        process = Process(self.command + ["--secret-file", self.secrets, "--listen", "127.0.0.1:0"], cwd=self.folder.name)
        self.addCleanup(process.stop)
        self.url = process.wait_for("listening on")[0].split()[-1]
        return process

    def send(self, headers, body=EVENT):
        return post(self.url, body, headers)

    def deliver(self, secrets, event=EVENT):
        """Through the agent; what became of it."""
        with Agent(BINARY, [{"name": "door", "target": self.url}], files={"secrets": "\n".join(secrets)},
                   sections="[delivery]\nsigning_secret_file = secrets\nretry_initial = 100ms\n") as agent:
            agent.call("POST", "/v1/events", event, {"Content-Type": "application/json"})

            def tried():
                one = agent.call("GET", "/v1/events").json()["events"][0]["webhooks"][0]
                return one if one["attempts"] else None
            return until(tried, "an attempt")

    def test_accepts_what_the_agent_sends_while_the_secret_changes(self):
        process = self.start()
        for count, (agents, ours) in enumerate((([OLD], [OLD]), ([NEW, OLD], [OLD]), ([NEW, OLD], [NEW]),
                                                ([NEW, OLD], [NEW, OLD]), ([NEW], [NEW])), 1):
            self.secrets.write_text("\n".join(ours) + "\n" * count)
            event = b'{"id": "r-%d", "type": "face", "name": "\xc3\xa9"}' % count
            self.assertEqual(self.deliver(agents, event)["state"], "delivered", process.lines)
            process.wait_for("event ", count)
        self.assertEqual(self.deliver([OLD], b'{"id": "r-9"}')["last_status"], 401)
        self.assertEqual(len(process.said("event ")), 5)

    def test_refuses_what_is_forged(self):
        process, good = self.start(), signed(OLD)
        version, _, value = good["webhook-signature"].partition(",")
        flipped = base64.b64encode(bytes([base64.b64decode(value)[0] ^ 1]) + base64.b64decode(value)[1:]).decode()
        cases = {
            "another secret": (signed(NEW), EVENT), "another body": (good, EVENT + b" "),
            "another id": ({**good, "webhook-id": "msg_1"}, EVENT),
            "another time": ({**good, "webhook-timestamp": str(int(good["webhook-timestamp"]) + 1)}, EVENT),
            "one bit": ({**good, "webhook-signature": "v1," + flipped}, EVENT),
            "a part of it": ({**good, "webhook-signature": good["webhook-signature"][:-8]}, EVENT),
            "another version": ({**good, "webhook-signature": "v2," + value}, EVENT),
            "an empty one": ({**good, "webhook-signature": "v1,"}, EVENT),
            "long ago": (signed(OLD, age=400), EVENT), "the future": (signed(OLD, age=-400), EVENT),
            "no time": ({**good, "webhook-timestamp": "now"}, EVENT),
            "a path for an id": (signed(NEW, message="../../x"), EVENT)}
        for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
            cases["without " + name] = ({key: text for key, text in good.items() if key != name}, EVENT)
        for name, (headers, body) in cases.items():
            with self.subTest(name):
                self.assertEqual(self.send(headers, body), 401)
        self.assertEqual(process.said("event "), [])
        self.assertEqual(self.send(good), 204, process.lines)

    def test_needs_one_good_signature_of_several(self):
        self.start()
        self.assertEqual(self.send(signed(NEW, OLD)), 204)
        self.assertEqual(self.send(signed(OLD, NEW, message="msg_2")), 204)
        self.assertEqual(self.send(signed(NEW, NEW, message="msg_3")), 401)

    def test_acts_once_for_a_webhook_id(self):
        process = self.start()
        for _ in range(3):
            self.assertEqual(self.send(signed(OLD)), 204)
        process.wait_for("repeated", 2)
        self.assertEqual(len(process.said("event ")), 1)
        self.assertEqual(self.send(signed(OLD, message="msg_2")), 204)
        process.wait_for("event ", 2)
        if self.survives_restart:
            process.stop()
            process = self.start()
            self.assertEqual(self.send(signed(OLD)), 204)
            process.wait_for("repeated")
            self.assertEqual(process.said("event "), [])

    def test_acts_once_though_all_come_at_the_same_time(self):
        process, statuses = self.start(), []
        threads = [threading.Thread(target=lambda: statuses.append(self.send(signed(OLD)))) for _ in range(6)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        process.wait_for("repeated", 5)
        self.assertEqual(statuses, [204] * 6)
        self.assertEqual(len(process.said("event ")), 1)

    def test_shows_no_secret(self):
        process = self.start()
        self.assertEqual(self.send(signed(NEW)), 401)
        self.secrets.write_text("whsec_hush!hush!\n")
        self.assertEqual(self.send(signed(NEW, message="msg_2")), 401)
        process.wait_for("no signature fits", 2)
        for text in ("hush", OLD[6:], base64.b64decode(OLD[6:]).hex()):
            self.assertNotIn(text, "\n".join(process.lines))


class PythonReceiver(ReceiverRules, unittest.TestCase):
    command = [EXAMPLES / "receiver.py"]

    def test_answers_500_where_its_work_fails_and_does_it_again(self):
        process = self.start()
        self.assertEqual(self.send(signed(OLD, body=b"{"), b"{"), 500)
        self.assertEqual(self.send(signed(OLD, body=b"{"), b"{"), 500)
        self.assertEqual(process.said("repeated"), [])

    def test_remembers_a_bounded_number(self):
        seen, done = receiver_module.Seen(":memory:", 3), []
        for message in "abcde":
            self.assertTrue(seen.once(message, lambda: done.append(message), False))
        self.assertEqual(seen.database.execute("SELECT count(*) FROM seen").fetchone(), (3,))
        self.assertFalse(seen.once("c", done.append, False))
        self.assertTrue(seen.once("a", lambda: done.append("a"), False))

    def test_does_work_again_that_failed(self):
        for at_most_once in (False, True):
            seen, done = receiver_module.Seen(":memory:"), []
            with self.assertRaises(ZeroDivisionError):
                seen.once("a", lambda: 1 / 0, at_most_once)
            self.assertTrue(seen.once("a", lambda: done.append(1), at_most_once))
            self.assertFalse(seen.once("a", lambda: done.append(2), at_most_once))
            self.assertEqual(done, [1])

    def test_keeps_connections(self):
        self.start()
        with socket.create_connection(("127.0.0.1", int(self.url.rstrip("/").rsplit(":", 1)[1]))) as connection:
            for message in ("msg_1", "msg_2"):
                lines = "".join(f"{name}: {value}\r\n" for name, value in signed(OLD, message=message).items())
                connection.sendall(f"POST / HTTP/1.1\r\nHost: x\r\n{lines}Content-Length: {len(EVENT)}\r\n\r\n".encode() + EVENT)
                self.assertRegex(connection.recv(4096).decode(), "^HTTP/1.1 204 (?s:.*)Keep-Alive: timeout=60")


@unittest.skipUnless(shutil.which("node"), "there is no node")
class NodeReceiver(ReceiverRules, unittest.TestCase):
    command = ["node", EXAMPLES / "receiver.mjs"]
    survives_restart = False  # and its comment says so

    def test_answers_500_where_its_work_fails_and_does_it_again(self):
        process = self.start()
        for _ in range(2):
            self.assertEqual(self.send(signed(OLD, body=b"{"), b"{"), 500)
        self.assertEqual(process.said("repeated"), [])


@unittest.skipUnless(shutil.which("systemd-socket-activate"), "there is no systemd-socket-activate")
class ShellReceiver(ReceiverRules, unittest.TestCase):
    def start(self, **more):
        """On a port that was free a moment ago: this server takes no port 0."""
        environment = {"FFL_SECRET_FILE": str(self.secrets), "FFL_SEEN": os.path.join(self.folder.name, "seen"), **more}
        names = [part for name in environment for part in ("-E", name)]
        for _ in range(20):
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            process = Process(["systemd-socket-activate", "--accept", "--inetd", *names, "-l", f"127.0.0.1:{port}",
                               EXAMPLES / "receiver.sh"], environment)
            self.addCleanup(process.stop)
            if until(lambda: process.said("Listening on") or process.process.poll() is not None, "the server") is not True:
                self.url = f"http://127.0.0.1:{port}/"
                return process
        raise AssertionError(process.lines)

    def test_hands_the_event_to_a_program_and_again_where_that_fails(self):
        handler = pathlib.Path(self.folder.name, "handler")
        handler.write_text(f'#!/bin/sh\ncat; echo " test=$FFL_TEST"; [ -e {self.folder.name}/good ]\n')
        handler.chmod(0o755)
        process = self.start(FFL_HANDLER=str(handler))
        self.assertEqual(self.send({**signed(OLD), "ffl-test": "1"}), 500)
        self.assertEqual(process.said("repeated"), [])
        pathlib.Path(self.folder.name, "good").touch()
        self.assertEqual(self.send({**signed(OLD), "ffl-test": "1"}), 204)
        process.wait_for('4589691150480880066} test=1', 2)

    def test_remembers_a_bounded_number(self):
        seen = pathlib.Path(self.folder.name, "seen")
        seen.mkdir()
        text = (EXAMPLES / "receiver.sh").read_text()
        self.assertIn("remembered=10000", text)
        for number in range(11_000):
            (seen / f"old_{number}").touch()
            os.utime(seen / f"old_{number}", (number, number))
        self.start()
        self.assertEqual(self.send(signed(OLD)), 204)
        left = {path.name for path in seen.iterdir()} - {".lock"}
        self.assertEqual(len(left), 10_000)
        self.assertIn("msg_0123456789abcdef0123456789abcdef", left)
        self.assertNotIn("old_0", left)
