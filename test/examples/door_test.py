"""door.py of conf/examples: for what it opens, and for what not."""
import datetime
import json
import os
import pathlib
import tempfile
import time
import unittest

from common import BINARY, EXAMPLES, OLD, Agent, Process, post, sign, until

import door as door_module  # of the examples


def dated(age, name="created_date"):
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=age)
    return {"id": "d-1", "type": "face", name: at.isoformat()}


class Door(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.bin = pathlib.Path(self.folder.name, "bin")
        self.bin.mkdir()
        pathlib.Path(self.folder.name, "secrets").write_text(OLD + "\n")

    def start(self, *options):
        process = Process([EXAMPLES / "door.py", "--secret-file", "secrets", "--listen", "127.0.0.1:0", *options],
                          {"PATH": f"{self.bin}:{os.environ['PATH']}"}, cwd=self.folder.name)
        self.addCleanup(process.stop)
        self.url = process.wait_for("listening on")[0].split()[-1]
        return process

    def send(self, event, message="msg_1", secret=OLD, **headers):
        body, timestamp = json.dumps(event).encode(), str(int(time.time()))
        return post(self.url, body, {"webhook-id": message, "webhook-timestamp": timestamp,
                                     "webhook-signature": sign(secret, message, timestamp, body), **headers})

    def test_opens_once_for_a_fresh_event(self):
        process = self.start()
        for _ in range(2):
            self.assertEqual(self.send(dated(1)), 204)
        process.wait_for("repeated")
        self.assertEqual(len(process.said("open the door")), 1)

    def test_stays_shut_and_is_not_asked_again(self):
        process = self.start("--max-age", "5")
        for place, (event, headers, why) in enumerate((
                (dated(6), {}, "6."), (dated(-60), {}, "in the future"), ({"id": 1}, {}, "no time"), ([1], {}, "no time"),
                ({"created_date": "2024-03-07T06:33:11"}, {}, "no time"),
                (dated(1), {"ffl-test": "1"}, "a test")), 1):
            self.assertEqual(self.send(event, f"msg_{place}", **headers), 204)
            self.assertIn(why, process.wait_for("stays shut", place)[-1])
        self.assertEqual(self.send(dated(1), "msg_9", OLD[:-4] + "AAA="), 401)
        self.assertEqual(process.said("open the door"), [])

    def test_reads_the_usual_forms_of_time(self):
        for text, wanted in (("2024-03-07T06:33:11+00:00", 1709793191), ("2024-03-07T06:33:11.5Z", 1709793191.5),
                             ("2024-03-07T09:33:11.123456789+03:00", 1709793191.123456), (1709793191, 1709793191),
                             (1709793191500, 1709793191.5), ("soon", None), (True, None), (None, None), (float("nan"), None)):
            self.assertEqual(door_module.time_of({"timestamp": text}), wanted, text)

    def test_switches_the_line_with_either_gpioset(self):
        for version, wanted in (("gpioset (libgpiod) v1.6.3", "--mode=time --sec=1 --usec=500000 gpiochip0 17=1"),
                                ("gpioset (libgpiod) v2.1.1", "--toggle 1500ms,0 --chip gpiochip0 17=1")):
            calls = pathlib.Path(self.folder.name, "calls")
            calls.write_text("")
            fake = self.bin / "gpioset"
            fake.write_text(f'#!/bin/sh\n[ "$1" != --version ] || {{ echo "{version}"; exit; }}\necho "$*" >>{calls}\n')
            fake.chmod(0o755)
            process = self.start("--gpio", "gpiochip0:17", "--open-for", "1.5")
            self.assertEqual(self.send(dated(0), "msg_" + version[-1]), 204)
            until(calls.read_text, "gpioset")
            self.assertEqual(calls.read_text(), wanted + "\n")
            process.stop()

    def test_a_relay_that_fails_is_tried_again(self):
        fake = self.bin / "gpioset"
        fake.write_text("#!/bin/sh\nexit 1\n")
        fake.chmod(0o755)
        process = self.start("--gpio", "gpiochip0:17")
        for _ in range(2):
            self.assertEqual(self.send(dated(0)), 500)
        self.assertEqual(process.said("repeated"), [])

    def test_opens_through_the_agent_and_not_for_a_test(self):
        process = self.start()
        with Agent(BINARY, [{"name": "door", "target": self.url, "filters": {"matched": True}}], files={"secrets": OLD},
                   sections="[delivery]\nsigning_secret_file = secrets\nbody = array\n") as agent:
            agent.call("POST", "/v1/webhooks/door/test")
            process.wait_for("stays shut: a test")
            event = json.dumps({**dated(0), "matched": True})
            for _ in range(2):
                agent.call("POST", "/v1/events", event, {"Content-Type": "application/json"})
            process.wait_for("open the door")
            self.assertEqual(len(process.said("open the door")), 1)
