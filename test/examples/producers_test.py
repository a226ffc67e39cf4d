"""The producers of conf/examples: what they send again, what never, and how long they wait."""
import json
import os
import pathlib
import subprocess
import tempfile
import time
import unittest

from common import BINARY, EXAMPLES, Agent, Process, ScriptedAgent, until

import producer as producer_module  # of the examples

ONE, TWO = b'{"id": "p-1", "type": "face", "note": 1.50}', b'{"id": "p-2", "type": "face"}'


class ProducerRules:
    """The rules that all of them follow. `start` runs one against a URL."""

    def start(self, url, token_file=None, unix=None):
        environment = {"FFL_URL": url, "FFL_TOKEN_FILE": token_file or "", "FFL_SOCKET": unix or "", "FFL_CA_FILE": ""}
        return Process(self.command, environment)

    def run_with(self, agent, *lines, **how):
        with self.start(agent.url, **how) as process:
            for line in lines:
                process.write(line)
            return process.end(), process

    def test_sends_the_same_bytes_again_until_they_are_accepted(self):
        for script in ((None, 503, 202), (429, 408, 202), (500, 502, 202)):
            with self.subTest(script), ScriptedAgent(*script) as agent:
                code, process = self.run_with(agent, ONE)
                self.assertEqual(code, 0, process.lines)
                self.assertEqual(agent.bodies(), [ONE] * 3)
                self.assertEqual({request[2] for request in agent.requests}, {"/v1/events"})

    def test_waits_as_long_as_it_is_asked_to(self):
        for status in (503, 429):
            with self.subTest(status), ScriptedAgent((status, {"Retry-After": "3"}), 202) as agent:
                code, process = self.run_with(agent, ONE)
                self.assertEqual(code, 0, process.lines)
                self.assertGreaterEqual(agent.requests[1][3] - agent.requests[0][3], 3.0)

    def test_never_sends_a_faulty_event_again_and_goes_on(self):
        for status in (400, 413, 415, 508):
            with self.subTest(status), ScriptedAgent(status, 202) as agent, self.start(agent.url) as process:
                process.write(ONE)
                process.wait_for("left out")
                process.write(TWO)
                self.assertEqual(process.end(), 65, process.lines)
                self.assertEqual(agent.bodies(), [ONE, TWO])
                self.assertIn("because", "\n".join(process.lines))

    def test_stops_when_a_setting_is_wrong(self):
        for status in (401, 403, 404, 421):
            with self.subTest(status), ScriptedAgent(status) as agent:
                code, process = self.run_with(agent, ONE)
                self.assertEqual(code, 77, process.lines)
                self.assertLessEqual(len(agent.requests), 2)

    def test_sends_the_token_and_shows_it_nowhere(self):
        with tempfile.TemporaryDirectory() as folder, ScriptedAgent(202) as agent:
            token = pathlib.Path(folder, "token")
            token.write_text("s3cret-token\nsecond line\n")
            with self.start(agent.url, token_file=str(token)) as process:
                process.write(ONE)
                until(lambda: agent.requests, "the request")
                shown = pathlib.Path(f"/proc/{process.process.pid}/cmdline").read_bytes()
                self.assertEqual(process.end(), 0, process.lines)
            self.assertEqual(agent.requests[0][1].get("Authorization"), "Bearer s3cret-token")
            self.assertNotIn(b"s3cret", shown)
            self.assertNotIn("s3cret", "\n".join(process.lines))

    def test_delivers_through_the_real_agent(self):
        with Agent(BINARY, [{"name": "all", "target": "http://127.0.0.1:9/"}]) as agent:
            for how in ({}, {"unix": agent.path("agent.sock")}):
                code, process = self.run_with(agent, ONE, TWO, b"{", **how)
                self.assertEqual(code, 65, process.lines)
            page = agent.call("GET", "/v1/deliveries?bodies=1")
            self.assertEqual([one["event_id"] for one in page.json()["deliveries"]], ["p-1", "p-2"])
            self.assertIn(ONE, page.body)

    def test_waits_for_an_agent_that_is_not_there_yet(self):
        agent = Agent(BINARY, [{"name": "all", "target": "http://127.0.0.1:9/"}])
        with agent:
            agent.stop()
            with self.start(agent.url) as process:
                process.write(ONE)
                process.wait_for("again in")
                agent.start()
                self.assertEqual(process.end(), 0, process.lines)
            self.assertEqual(agent.call("GET", "/v1/deliveries").json()["total"], 1)


class KeptConnections:
    """A shell opens one for each event, and says so."""

    def test_keeps_its_connection(self):
        with ScriptedAgent(202) as agent, self.start(agent.url) as process:
            for number in range(1, 4):
                process.write(b'{"id": "%d"}' % number)
                process.wait_for("accepted", number)
            self.assertEqual(process.end(), 0, process.lines)
            self.assertEqual(agent.connections, 1)


class ShellProducer(ProducerRules, unittest.TestCase):
    command = [EXAMPLES / "producer.sh"]

    def test_gives_an_id_to_an_event_without_one(self):
        with ScriptedAgent(503, 202) as agent:
            code, process = self.run_with(agent, b'{"type": "face"}')
        self.assertEqual(code, 0, process.lines)
        self.assertRegex(json.loads(agent.bodies()[0])["id"], "^[0-9a-f-]{36}$")
        self.assertEqual(len(set(agent.bodies())), 1)


class CppProducer(ProducerRules, KeptConnections, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.command = [os.path.join(cls.folder.name, "producer")]
        subprocess.run(["g++", "-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror", EXAMPLES / "producer.cpp", "-lcurl",
                        "-o", cls.command[0]], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()


class PythonProducer(ProducerRules, KeptConnections, unittest.TestCase):
    def start(self, url, token_file=None, unix=None):
        command = [EXAMPLES / "producer.py", "--url", url]
        command += ["--token-file", token_file] if token_file else []
        return Process(command + (["--unix", unix] if unix else []))

    def test_finds_the_faulty_event_among_others(self):
        with Agent(BINARY) as agent:
            lines = [b'{"id": "%d"}' % number for number in range(9)]
            lines[4] = b'{"id": 1, "id"}'
            code, process = self.run_with(agent, *lines)
            self.assertEqual(code, 65, process.lines)
            self.assertEqual(len(process.said("left out")), 1)
            ids = {one.get("id") for one in agent.call("GET", "/v1/events").json()["events"]}
            self.assertEqual({str(number) for number in range(9)} - ids, {"4"})

    def test_gives_an_id_to_an_event_without_one(self):
        for line in (b'{"camera": {"id": 3}, "zoom": 1.50}', b"{}"):
            made = producer_module.with_id(line)
            self.assertRegex(json.loads(made)["id"], "^[0-9a-f-]{36}$")
            self.assertTrue(made.endswith(line[1:].lstrip()))
        for line in (ONE, b"{", b"[]", b'{"id": null}', b'{"id": 4589691150480880066}'):
            self.assertEqual(producer_module.with_id(line), line)

    def test_reads_every_form_of_retry_after(self):
        for text, wanted in (("7", 7), ("0.5", 0.5), ("Thu, 01 Jan 1970 00:01:00 GMT", 50), ("soon", 0), (None, 0),
                             ("-3", 0), ("99999999", 3600)):
            self.assertEqual(producer_module.retry_after(text, now=10), wanted, text)

    def test_keeps_what_it_could_not_send(self):
        with tempfile.TemporaryDirectory() as folder, ScriptedAgent(401) as agent:
            left = os.path.join(folder, "left")
            with Process([EXAMPLES / "producer.py", "--url", agent.url, "--left", left]) as process:
                process.write(ONE)
                process.write(TWO)
                self.assertEqual(process.end(), 77, process.lines)
            self.assertEqual(pathlib.Path(left).read_bytes(), ONE + b"\n" + TWO + b"\n")

    def test_reads_a_replaced_token(self):
        with tempfile.TemporaryDirectory() as folder, ScriptedAgent(202, 401, 202) as agent:
            token = pathlib.Path(folder, "token")
            token.write_text("old\n")
            with self.start(agent.url, token_file=str(token)) as process:
                process.write(ONE)
                process.wait_for("accepted")
                token.write_text("new\n")
                process.write(TWO)
                self.assertEqual(process.end(), 0, process.lines)
            self.assertEqual([request[1]["Authorization"] for request in agent.requests],
                             ["Bearer old", "Bearer old", "Bearer new"])

    def test_tries_a_new_connection_at_once_where_the_kept_one_ended(self):
        with ScriptedAgent(202, None, 202) as agent, self.start(agent.url) as process:
            process.write(ONE)
            process.wait_for("accepted")
            began = time.monotonic()
            process.write(TWO)
            process.wait_for("accepted", 2)
            self.assertLess(time.monotonic() - began, 0.4)
            self.assertEqual(process.end(), 0, process.lines)
