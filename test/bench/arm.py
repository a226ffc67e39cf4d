#!/usr/bin/env python3
"""Runs an agent that was built for ARM under qemu-user, with several sizes of memory pages, and counts every event.

Kernels for ARM have pages of 4, 16 or 64 KiB; a card or a disk moves between boards. For each pair A/B of sizes one queue:
16 producers at full load, 200 events a second, and events for a dead target with A; kill -9 in the middle of full load; the
commands read the queue that was left, and an agent goes on with it, with B, its dead target back. The exit code is 1 when an
accepted event was not delivered, or when the queue is damaged. The emulator shows what the instructions do; the weaker memory
ordering of a real ARM processor and an ARM kernel are not tried. ffl-load comes from the release build:
  test/bench/arm.py build/portable-arm64/ffl-agent --root build/sysroot/portable-arm64
"""
import argparse
import contextlib
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

from programs import Agent, Broken, Load, Running

COLUMNS = ["accepted", "delivered", "missing", "again", "unanswered", "unknown", "202/s", "waiting"]


class Emulated(Agent):
    def __init__(self, binary, emulator, page):
        super().__init__(f"{page // 1024} KiB", binary)
        self.emulator = [*emulator, "-p", str(page)]

    def command(self, folder, webhooks, window_ms):
        command, extra = super().command(folder, webhooks, window_ms)
        return [*self.emulator, *command], extra

    def run(self, folder, *arguments):
        done = subprocess.run([*self.emulator, self.binary, *arguments, "--config", folder / "agent.ini"],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise Broken(f"{' '.join(arguments)} with pages of {self.name}: {done.stdout}{done.stderr}")
        return done.stdout


def start(program, folder, load, camera_2):
    targets = [{"name": name, "target": f"http://127.0.0.1:{port}/callback", "filters": {"type_in": "face", "camera_in": [camera]}}
               for name, port, camera in (("bench", load.ports["target"], 1), ("down", load.ports[camera_2], 2))]
    return Running(program, folder, load.ports, "", targets=targets)


def post(running, load, **command):
    result = load.ask(do="post", agent_port=running.port, **command)
    if result["refused"] or command.get("wait") and result["delivered"] < result["accepted"]:
        raise Broken(f"{command}: {result}\n{running.log.read_text()[-2000:]}")
    return result


def try_pair(before, after, load, folder, options):
    """What became of the events of one queue."""
    running = start(before, folder, load, "down")
    try:
        results = [post(running, load, producers=16, seconds=options.seconds, wait=60),
                   post(running, load, producers=4, rate=200, seconds=options.seconds, wait=60),
                   post(running, load, producers=4, batch=10, events=1000, seconds=60, camera=2)]
        load.tell(do="post", agent_port=running.port, producers=16, seconds=options.seconds)
        time.sleep(options.seconds / 2)
    finally:
        running.kill()
    results.append(load.answer())
    row = {"202/s": results[0]["accepted"] / results[0]["posting_s"], "unanswered": results[-1]["refused"]}
    row["waiting"] = after.run(folder, "queue", "export").count("\n")
    running = start(after, folder, load, "target")
    try:
        results.append(post(running, load, producers=16, seconds=options.seconds, wait=60))
        row |= load.ask(do="await", wait=120)
        running.stop()
    finally:
        running.kill()
    row["accepted"] = sum(result["accepted"] for result in results)
    with contextlib.closing(sqlite3.connect(folder / "agent.db")) as queue:
        found = queue.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok" or list(folder.glob("agent.db.corrupt*")):
        raise Broken(f"the queue of {before.name} and {after.name} is damaged: {found}")
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("agent", help="an ffl-agent for 64-bit ARM")
    parser.add_argument("--root", required=True, help="the folder that has its libraries: the sysroot of its build")
    parser.add_argument("--emulator", default=shutil.which("qemu-aarch64-static") or "qemu-aarch64")
    parser.add_argument("--pairs", default="4/4,16/16,64/64,4/16,4/64,64/4", help="KiB before and after the kill (%(default)s)")
    parser.add_argument("--seconds", type=float, default=2, help="how long each load lasts (%(default)g)")
    parser.add_argument("--load", default=root / "build/release/test/ffl-load")
    options = parser.parse_args()
    print(f"{'pages':<7}" + "".join(f"{name:>11}" for name in COLUMNS))
    missing = 0
    for pair in options.pairs.split(","):
        before, after = (Emulated(options.agent, [options.emulator, "-L", options.root], int(size) * 1024) for size in pair.split("/"))
        with tempfile.TemporaryDirectory() as folder, contextlib.closing(Load(options.load)) as load:
            row = try_pair(before, after, load, pathlib.Path(folder), options)
        missing += row["missing"]
        print(f"{pair:<7}" + "".join(f"{row[name]:>11.0f}" for name in COLUMNS), flush=True)
    return 1 if missing else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Broken as error:
        sys.exit(f"arm: {error}")
