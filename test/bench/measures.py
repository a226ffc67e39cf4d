"""What is measured. Each measure starts a program on an empty queue, and returns its figures by row; all that was posted is counted."""
import contextlib
import pathlib
import socket
import tempfile
import threading
import time
from dataclasses import dataclass, field

from programs import Load, Running, webhooks


@dataclass
class Size:
    """How long and how much. `waiting` of full size for drain and memory, `most` for the million of small events."""
    seconds: float = 2
    warm_up: float = 0.5
    rounds: int = 5
    counting: float = 10
    rates: tuple = (1, 20)
    waiting: int = 100_000
    most: int = 1_000_000
    starts: int = 5
    drains: int = 2


@dataclass
class Tally:
    """Every event of a program's whole run."""
    accepted: int = 0
    delivered: int = 0
    again: int = 0
    missing: int = 0
    refused: int = 0
    unknown: int = 0
    faults: list = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, result):
        """Adds what ffl-load says of a post that was waited for."""
        with self.lock:
            for name in ("accepted", "delivered", "again", "refused", "unknown"):
                setattr(self, name, getattr(self, name) + result.get(name, 0))
            self.missing += max(0, result.get("accepted", 0) - result.get("delivered", 0))

    def numbers(self):
        return {name: value for name, value in vars(self).items() if name != "lock"}

    def bad(self):
        return self.missing or self.refused or self.again or self.unknown or self.faults


@contextlib.contextmanager
def silent_targets(count):
    """The ports of listeners that accept connections and answer nothing."""
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=1024)) for _ in range(count)]
        yield [listener.getsockname()[1] for listener in listeners]


class Bench:
    """One run: its binaries, its folder, and a tally for each program."""

    def __init__(self, size, load, preload, scratch):
        self.size = size
        self.load = load
        self.preload = preload
        self.scratch = scratch
        self.tallies = {}

    def tally(self, program):
        return self.tally_of(program.name)

    def tally_of(self, name):
        return self.tallies.setdefault(name, Tally())

    @contextlib.contextmanager
    def folder(self):
        with tempfile.TemporaryDirectory(dir=self.scratch) as name:
            yield pathlib.Path(name)

    @contextlib.contextmanager
    def fresh(self, program, warm=True, **settings):
        """A program on an empty queue, with a load; warm: what compiles itself while it runs has had some."""
        with self.folder() as folder, contextlib.closing(Load(self.load)) as load:
            running = Running(program, folder, load.ports, self.preload, **settings)
            try:
                if warm:
                    self.warm_up(program, running, load)
                yield running, load
                running.stop()
            finally:
                running.kill()

    def warm_up(self, program, running, load):
        self.post(program, running, load, producers=16, seconds=self.size.warm_up)

    def post(self, program, running, load, delay_ms=0, halfway=None, **command):
        """Posts, waits until all is delivered, and adds what it cost. `halfway` is called in the middle."""
        cpu, written, fsyncs = running.cpu_s(), running.written(), running.fsyncs()
        begin = time.monotonic()
        load.tell(do="post", agent_port=running.port, wait=60, **command)
        if halfway:
            threading.Event().wait(max(0, begin + command["seconds"] / 2 - time.monotonic()))
            halfway()
        result = load.answer()
        tally = self.tally(program)
        tally.add(result)
        events = max(1, result["delivered"])
        result["cpu_us"] = (running.cpu_s() - cpu) * 1e6 / events
        result["bytes"] = (running.written() - written) / events
        result["fsyncs"] = (running.fsyncs() - fsyncs) / events
        result["accepted_per_s"] = result["accepted"] / result["posting_s"]
        result["delivered_per_s"] = result["delivered"] / result["all_s"]
        if program.durable and result["accepted"] > 0 and running.fsyncs() == fsyncs:
            tally.faults.append("answered 202 without an fsync")
        if program.durable and result["accepted"] > 0 and result["quickest_202_ms"] < delay_ms:
            tally.faults.append(f"answered 202 after {result['quickest_202_ms']:.1f} ms, before an fsync of {delay_ms} ms")
        return result

    def full(self, program):
        """As fast as 16 keep-alive producers get answers."""
        with self.fresh(program) as (running, load):
            middle = []
            result = self.post(program, running, load, producers=16, seconds=self.size.seconds,
                               halfway=lambda: middle.append(running.rss()))
            return {"full.accepted": result["accepted_per_s"], "full.delivered": result["delivered_per_s"],
                    "full.p50": result["p50_ms"], "full.p99": result["p99_ms"], "full.cpu": result["cpu_us"],
                    "bytes.full.0": result["bytes"], "fsyncs.full.0": result["fsyncs"],
                    "rss.full": running.peak_rss(),
                    "rss.growth": running.rss() - middle[0]}

    def full_window(self, program):
        with self.fresh(program, window_ms=20) as (running, load):
            result = self.post(program, running, load, producers=16, seconds=self.size.seconds)
            return {"bytes.full.20": result["bytes"], "fsyncs.full.20": result["fsyncs"]}

    def many(self, program):
        with self.fresh(program) as (running, load):
            result = self.post(program, running, load, producers=64, seconds=self.size.seconds)
            return {"many.delivered": result["delivered_per_s"]}

    def batches(self, program):
        with self.fresh(program) as (running, load):
            result = self.post(program, running, load, producers=16, batch=100, seconds=self.size.seconds)
            return {"batches.delivered": result["delivered_per_s"]}

    def steady(self, program, window=0):
        """200 events a second."""
        with self.fresh(program, window_ms=window) as (running, load):
            result = self.post(program, running, load, producers=4, rate=200, seconds=self.size.seconds)
            figures = {f"bytes.200.{window}": result["bytes"], f"fsyncs.200.{window}": result["fsyncs"]}
            if window == 0:
                figures |= {"steady.p50": result["p50_ms"], "steady.p99": result["p99_ms"], "steady.cpu": result["cpu_us"]}
            return figures

    def steady_window(self, program):
        return self.steady(program, window=20)

    def slow(self, program, delay_ms):
        with self.fresh(program, delay_ms=delay_ms) as (running, load):
            result = self.post(program, running, load, delay_ms=delay_ms, producers=16, seconds=self.size.seconds)
            return {f"slow.{delay_ms}": result["accepted_per_s"]}

    def slow_5(self, program):
        return self.slow(program, 5)

    def slow_20(self, program):
        return self.slow(program, 20)

    def counts(self, programs):
        """Few events a second, and none: all programs at once, for nothing is timed. Returns the figures of each program."""
        figures = {program.name: {} for program in programs}
        faults = []

        def guarded(what, *arguments):
            try:
                what(*arguments)
            except Exception as error:  # a thread's own end would be silent
                faults.append(error)

        def at_rate(program, rate, window):
            with self.fresh(program, warm=False, window_ms=window) as (running, load):
                fsyncs, written = running.fsyncs(), running.written()
                result = self.post(program, running, load, producers=1, rate=rate, seconds=self.size.counting)
                time.sleep(1.5)  # the last outcomes are written after a second at most
                events = max(1, result["delivered"])
                figures[program.name][f"fsyncs.{rate}.{window}"] = (running.fsyncs() - fsyncs) / events
                figures[program.name][f"bytes.{rate}.{window}"] = (running.written() - written) / events

        def idle(program):
            with self.fresh(program, warm=False) as (running, _):
                time.sleep(1)
                wakeups = running.wakeups()
                time.sleep(self.size.counting)
                figures[program.name]["idle.wakeups"] = (running.wakeups() - wakeups) / self.size.counting
                figures[program.name]["rss.idle"] = running.rss()

        threads = [threading.Thread(target=guarded, args=(idle, program)) for program in programs]
        threads += [threading.Thread(target=guarded, args=(at_rate, program, rate, window))
                    for program in programs for rate in self.size.rates for window in (0, 20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if faults:
            raise faults[0]
        return figures

    def fill(self, program, running, load, events, size):
        """Posts events for the target that is down. They stay."""
        result = load.ask(do="post", agent_port=running.port, producers=4, seconds=600, events=events, batch=100,
                          size=size, camera=2)
        tally = self.tally(program)
        tally.refused += result["refused"]
        if result["accepted"] != events:
            tally.faults.append(f"accepted {result['accepted']} of {events} events that should wait")

    def expect_waiting(self, program, running, events, when):
        # What was delivered before is counted as waiting until its outcome is written.
        end = time.monotonic() + 10
        while (found := running.waiting()) != events and time.monotonic() < end:
            time.sleep(0.05)
        if found != events:
            self.tally(program).faults.append(f"{found} deliveries wait {when}, and should be {events}")

    def settle(self, running):
        """Seconds until the program rests: a dead target's deliveries may each have their first attempt."""
        begin = time.monotonic()
        quiet = 0
        while quiet < 3 and time.monotonic() < begin + 300:
            cpu = running.cpu_s()
            time.sleep(0.25)
            quiet = quiet + 1 if running.cpu_s() - cpu < 0.01 else 0
        return max(0, time.monotonic() - begin - 0.75)

    def drain(self, program):
        """A backlog of full-size events whose target comes back."""
        waiting = self.size.waiting
        with self.folder() as folder:
            with contextlib.closing(Load(self.load)) as load:
                running = Running(program, folder, load.ports, self.preload)
                try:
                    self.fill(program, running, load, waiting, 1200)
                    self.expect_waiting(program, running, waiting, "after the posts")
                    memory = running.rss()
                    running.stop()
                finally:
                    running.kill()
            with contextlib.closing(Load(self.load)) as load:
                load.ask(do="expect", events=waiting)
                both_answer = webhooks({"target": load.ports["target"], "down": load.ports["target"]})
                running = Running(program, folder, load.ports, self.preload, targets=both_answer)
                try:
                    result = load.ask(do="await", wait=600)
                    running.stop()
                finally:
                    running.kill()
            result["accepted"] = waiting
            self.tally(program).add(result)
            return {"rss.waiting": memory, "drain": result["per_s"]}

    def million(self, program):
        """Fresh events beside a million others whose target is down; a kill, and starts on such a queue."""
        most = self.size.most
        figures = {}
        with self.folder() as folder, contextlib.closing(Load(self.load)) as load:
            def start():
                return Running(program, folder, load.ports, self.preload)

            running = start()
            try:
                self.fill(program, running, load, most, 250)
                figures["most.settle"] = self.settle(running)
                self.expect_waiting(program, running, most, "after the posts")
                figures["rss.most"] = running.rss()
                running.kill()
                running = start()
                self.expect_waiting(program, running, most, "after a kill")
                self.settle(running)
                figures |= self.beside_empty(program, running, load, "most")
                self.expect_waiting(program, running, most, "after fresh events")
                running.stop()
                figures["start.most"] = self.starts(start)
            finally:
                running.kill()
        return figures

    def beside_empty(self, program, running, load, name):
        """Fresh events, in turns with the same program on an empty queue and without other webhooks: figures `name`.*"""
        figures = {f"{name}.{what}": [] for what in ("p50", "p99", "p50_times", "p99_times", "cpu")}
        with self.fresh(program) as (empty, its_load):
            self.warm_up(program, running, load)
            for _ in range(3):
                without = self.post(program, empty, its_load, producers=4, rate=200, seconds=self.size.seconds)
                beside = self.post(program, running, load, producers=4, rate=200, seconds=self.size.seconds)
                for what in ("p50", "p99"):
                    figures[f"{name}.{what}"].append(beside[f"{what}_ms"])
                    figures[f"{name}.{what}_times"].append(beside[f"{what}_ms"] / max(without[f"{what}_ms"], 1e-9))
                figures[f"{name}.cpu"].append(beside["cpu_us"])
        return figures

    def hanging(self, program):
        """Fresh events beside 64 targets that take connections and never answer."""
        with silent_targets(64) as ports, self.folder() as folder, contextlib.closing(Load(self.load)) as load:
            silent = [webhook | {"name": f"silent-{port}"} for port in ports for webhook in webhooks({**load.ports, "down": port})[1:]]
            running = Running(program, folder, load.ports, self.preload, targets=webhooks(load.ports)[:1] + silent)
            try:
                self.fill(program, running, load, 100, 1200)
                figures = self.beside_empty(program, running, load, "hanging")
                self.expect_waiting(program, running, 100 * len(ports), "after fresh events")
                running.stop()
            finally:
                running.kill()
        return figures

    def starts(self, start):
        times = []
        for _ in range(self.size.starts):
            running = start()
            times.append(running.start_ms)
            running.stop()
        return times

    def start(self, program):
        with self.folder() as folder, contextlib.closing(Load(self.load)) as load:
            def start():
                return Running(program, folder, load.ports, self.preload)

            start().stop()  # the first start makes the files
            return {"start.empty": self.starts(start)}
