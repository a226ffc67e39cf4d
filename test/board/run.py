#!/usr/bin/env python3
"""The whole-board test; scripts/board.sh prepares what it needs and starts it.
Exit codes: 0 passed · 1 the agent or its package failed · 2 the test could not be carried out."""
import argparse
import json
import os
import random
import secrets
import shutil
import signal
import subprocess
import sys

from board import UNIT, Board
from common import HarnessError, ProductError, Transcript
from cuts import cuts
from helpers import Helper, Receiver
from ledger import Ledger, repeats
from load import WEBHOOKS
from machine import Machine
import steps


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--image", required=True, help="folder that board-image.sh filled")
    parser.add_argument("--programs", required=True, help="folder of ffl-simulator and ffl-receiver")
    parser.add_argument("--data", required=True, help="folder of the manual's examples")
    parser.add_argument("--work", required=True, help="folder for this run's disk and logs; made anew")
    parser.add_argument("--cuts", type=int, required=True)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6), help="of the moments of the cuts")
    parser.add_argument("--sync", choices=("full", "normal"), default="full", help="queue.sync; normal may lose, which shows that this test sees it")
    parser.add_argument("package")
    return parser.parse_args()


def prepare(options):
    """The run's folder with a copy of the disk, and the programs beside the board with the load's webhooks defined on the server."""
    work = options.work
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    disk = os.path.join(work, "disk.img")
    subprocess.run(["cp", "--sparse=always", os.path.join(options.image, "disk.img"), disk], check=True)
    with open(os.path.join(work, "password"), "w", encoding="utf-8") as file:
        file.write(steps.PASSWORD + "\n")
    receiver = Receiver("receiver", [os.path.join(options.programs, "ffl-receiver")], work).start()
    definitions = os.path.join(work, "webhooks.json")
    with open(definitions, "w", encoding="utf-8") as file:
        json.dump([{"name": path[1:], "target": receiver.url(path), "filters": filters} for path, filters in WEBHOOKS.items()], file)
    server = Helper("simulator", [os.path.join(options.programs, "ffl-simulator"), "--user", steps.USER, "--password-file",
                                  os.path.join(work, "password"), "--webhooks", definitions], work)
    return Machine(options.image, disk, work), receiver, server


def carry_out(options, transcript, machine, receiver, server):
    """The whole test; returns its last line."""
    say = transcript.say
    server.start()
    board = Board(machine, transcript, secrets.token_hex(16))
    boot = machine.boot()
    say(f"booted to the shell in {boot:.1f} s: {machine.shell('uname -mr')[1].strip()}, {machine.shell('systemctl --version | head -1')[1].strip()}")
    steps.install(board, options.package)
    ini = steps.configure(board, server.url(), options.sync)
    ready, rss = steps.start(board)
    steps.main_job(board, receiver, options.data)
    steps.reload(board, ini)
    steps.freeze(board)
    steps.journal(board)
    ledger = Ledger(os.path.join(options.work, "acknowledged.ndjson"))
    say(f"cuts: {options.cuts}, seed {options.seed}, sync {options.sync}")
    cuts(board, receiver, server, ledger, options.cuts, options.seed)
    steps.upgrade_and_remove(board, receiver, ledger)
    arrived = receiver.arrived()
    return (f"cuts {options.cuts}, events acknowledged {ledger.events}, obligations {ledger.owed()}, lost {len(ledger.missing(arrived))}, "
            f"again {repeats(arrived)}; boot {boot:.1f} s, READY=1 after {ready} ms, resident {rss:.1f} MiB; {transcript.seconds():.0f} s in all")


def last_words(machine, transcript):
    """For whoever looks into a failure: the unit's journal, if the board still answers."""
    try:
        transcript.show(machine.shell(f"systemctl status --no-pager -n 0 {UNIT}; journalctl -q -b -u {UNIT} -n 30 -o short-monotonic", 20)[1])
    except (HarnessError, KeyError):
        transcript.say("the board does not answer any more")


def main():
    options = arguments()
    transcript = Transcript()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))  # so that what follows ends what it started
    machine = receiver = server = None
    try:
        machine, receiver, server = prepare(options)
        transcript.say(f"package {os.path.basename(options.package)}")
        transcript.say("board: passed: " + carry_out(options, transcript, machine, receiver, server))
        machine.stop()
        os.remove(machine.disk)
        return 0
    except ProductError as error:
        last_words(machine, transcript)
        transcript.say(f"board: FAILED: {error}")
        return 1
    except (HarnessError, OSError, subprocess.SubprocessError) as error:
        if machine is not None and machine.process is not None:
            last_words(machine, transcript)
        transcript.say(f"board: could not be carried out: {error}")
        return 2
    finally:
        for part in (machine, receiver, server):
            if part is not None:
                part.stop()


if __name__ == "__main__":
    sys.exit(main())
