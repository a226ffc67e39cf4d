"""Producers and the target, on one loop: what has been read before a cut is known for certain."""
import asyncio
import collections

from ledger import event

UP, AWAY, REFUSING = "up", "away", "refusing"


class Target:
    """What webhooks post to. Answers, or closes connections, or refuses two posts of three."""

    def __init__(self, ledger):
        self.ledger = ledger
        self.state = UP
        self.connections = set()
        self.url = None
        self.posts = 0
        self._server = None

    async def start(self):
        self._server = await asyncio.get_running_loop().create_server(
            lambda: TargetConnection(self), "127.0.0.1", 0)
        self.url = "http://127.0.0.1:%d" % self._server.sockets[0].getsockname()[1]

    def cut_off(self):
        """Whatever is under way was not received: a board without power sends nothing."""
        for connection in list(self.connections):
            connection.end()

    def stop(self):
        self.cut_off()
        self._server.close()


class TargetConnection(asyncio.Protocol):
    def __init__(self, target):
        self.target = target
        self.transport = None
        self.bytes = b""

    def connection_made(self, transport):
        self.transport = transport
        self.target.connections.add(self)
        if self.target.state == AWAY:
            self.end()

    def connection_lost(self, exception):
        self.target.connections.discard(self)

    def end(self):
        self.target.connections.discard(self)
        self.transport.abort()

    def data_received(self, data):
        if self.target.state == AWAY:
            self.end()
        if self not in self.target.connections:
            return
        self.bytes += data
        while (end := self.bytes.find(b"\r\n\r\n")) >= 0:
            head = self.bytes[:end].decode("latin-1").split("\r\n")
            length = next(int(line.split(":")[1]) for line in head
                          if line.lower().startswith("content-length:"))
            if len(self.bytes) < end + 4 + length:
                return
            body = self.bytes[end + 4:end + 4 + length]
            self.bytes = self.bytes[end + 4 + length:]
            self.answer(head[0].split(" ")[1], body)

    def answer(self, path, body):
        self.target.posts += 1
        if self.target.state == REFUSING and self.target.posts % 3 != 0:
            self.transport.write(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
            return
        self.target.ledger.delivered(path, body)
        self.transport.write(b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n"
                             b"Content-Length: 0\r\n\r\n")


class Producers:
    """Post events to the agent's socket, each after the answer to the one before. What was not
    answered is sent again, the same bytes, as producers do."""

    def __init__(self, ledger, socket, count):
        self.ledger, self.socket, self.count = ledger, socket, count
        self.unanswered = collections.deque()
        self.acknowledged = 0
        self._tasks = []

    def start(self, new_events=True):
        self._tasks = [asyncio.ensure_future(self._produce(new_events)) for _ in range(self.count)]

    async def stop(self):
        """Also when the agent is gone: nothing that is read from now on counts."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def finish(self, gone):
        """Sends again until everything has been answered, or the agent is gone."""
        await self.stop()
        self.start(new_events=False)
        while any(not task.done() for task in self._tasks) and not gone():
            await asyncio.wait(self._tasks, timeout=0.02)
        await self.stop()

    async def _produce(self, new_events):
        while new_events or self.unanswered:
            try:
                reader, writer = await asyncio.open_unix_connection(self.socket)
            except OSError:
                await asyncio.sleep(0.002)  # it is starting
                continue
            try:
                while new_events or self.unanswered:
                    await self._post(reader, writer)
            except (OSError, EOFError):
                pass
            finally:
                writer.transport.abort()

    async def _post(self, reader, writer):
        number = (self.unanswered.popleft() if self.unanswered else self.ledger.next_number())
        answered = False
        try:
            body = event(number)
            writer.write(b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                         b"application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            length = next(int(line.split(":")[1]) for line in head.split("\r\n")
                          if line.lower().startswith("content-length:"))
            body = await reader.readexactly(length)
            status = head.split(" ")[1]
            answered = status == "202"
            if answered:
                self.acknowledged += 1
                self.ledger.acknowledged(number)
            elif status != "503":
                self.ledger.faults.append(f"event {number} was answered {status}: {body!r}")
                answered = True
            else:
                await asyncio.sleep(0.02)
        finally:
            if not answered:
                self.unanswered.append(number)
