"""The agent as a process, its configuration, and what it says of itself."""
import asyncio
import json
import os
import signal
import socket
import subprocess
import time

PATIENCE_S = 60


class Broken(Exception):
    """The agent does not do what it promises."""


class Agent:
    """`folder` holds the configuration and the log; the queue lies at `queue`."""

    def __init__(self, binary, folder, queue, sync="full"):
        self.binary, self.queue = binary, queue
        self.log = os.path.join(folder, "log")
        self.ini = os.path.join(folder, "agent.ini")
        self.definitions = os.path.join(folder, "webhooks.json")
        self.socket = os.path.join(folder, "agent.sock")
        self.process = None
        self.began = 0.0
        self.ready_after = 0.0
        self._ready = asyncio.Event()
        with open(self.ini, "w", encoding="utf-8") as file:
            file.write(f"[webhooks]\nfile = {self.definitions}\n[ingest]\nlisten =\n"
                       f"socket = {self.socket}\n[queue]\npath = {queue}\nsync = {sync}\n"
                       "min_free = 1MiB\n[delivery]\nretry_initial = 10ms\nretry_max = 100ms\n")
        self._notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._notify = os.path.join(folder, "notify.sock")
        self._notified.bind(self._notify)
        asyncio.get_running_loop().add_reader(self._notified, self._hear)

    def _hear(self):
        if b"READY=1" in self._notified.recv(4096).split(b"\n") and not self._ready.is_set():
            self.ready_after = time.monotonic() - self.began
            self._ready.set()

    def launch(self, environment=None):
        self._ready.clear()
        with open(self.log, "ab") as log:
            self.began = time.monotonic()
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", self.binary, "run", "--config", self.ini],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=dict(os.environ, NOTIFY_SOCKET=self._notify, **(environment or {})))

    def ended(self):
        return self.process is None or self.process.poll() is not None

    def is_ready(self):
        return self._ready.is_set() and not self.ended()

    async def until_ready(self):
        while not self._ready.is_set():
            if self.ended():
                raise Broken(f"the agent ended with {self.process.returncode} at its start")
            if time.monotonic() - self.began > PATIENCE_S:
                raise Broken(f"the agent was not ready after {PATIENCE_S} s")
            try:
                await asyncio.wait_for(self._ready.wait(), 0.02)
            except asyncio.TimeoutError:
                pass

    async def start(self):
        self.launch()
        await self.until_ready()

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    async def stop(self):
        self.terminate()
        end = time.monotonic() + PATIENCE_S
        while not self.ended():
            if time.monotonic() > end:
                raise Broken("the agent did not end on SIGTERM")
            await asyncio.sleep(0.002)
        if self.process.returncode != 0:
            raise Broken(f"the agent ended with {self.process.returncode} on SIGTERM")
        self.process = None

    async def status(self):
        return await self._ask(b"GET /v1/status", b"")

    async def revive_dead(self):
        return await self._ask(b"POST /v1/deliveries/retry", b'{"state":"dead"}')

    async def _ask(self, what, body):
        reader, writer = await asyncio.open_unix_connection(self.socket)
        try:
            writer.write(what + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                         b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                         % len(body) + body)
            return json.loads((await reader.read()).split(b"\r\n\r\n", 1)[1])
        finally:
            writer.transport.abort()
