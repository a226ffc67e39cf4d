#!/usr/bin/env python3
"""Power cuts under the whole agent, or SIGKILL; scripts/power_cuts.sh and scripts/kills.sh say how.
Exit codes: 0 passed · 1 the agent failed · 2 it could not be carried out · 64 usage · 69 this
machine cannot cut the power of a disk."""
import argparse
import asyncio
import collections
import random
import sys
import time

import common
from agent import Broken
from board import BEGIN, PHASES, REST, Board
from disk import Folder, LoopDisk, Missing


def arguments():
    parser = argparse.ArgumentParser()
    common.add_arguments(parser)
    parser.add_argument("--by", choices=("power", "kill"), required=True)
    parser.add_argument("--count", type=int, default=10**9, help="deaths")
    parser.add_argument("--seconds", type=float, default=10**9, help="no death after that")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--only", choices=PHASES, help="one phase")
    parser.add_argument("--blind", type=int, metavar="N",
                        help="queue.sync = normal: N cuts under load must lose something")
    return parser.parse_args()


def phases(options, dice):
    """The phases of one death after another."""
    while True:
        if options.only is not None:
            yield options.only
            continue
        yield dice.choice(BEGIN)
        yield from dice.sample(REST, len(REST))


def report(board, deaths, word, began):
    ledger = board.ledger
    by_phase = ", ".join(f"{phase} {count}" for phase, count in sorted(deaths.items()))
    return (f"{word} {sum(deaths.values())} ({by_phase}; {board.before_ready} within a start), "
            f"obligations {ledger.obligations}, lost {len(ledger.lost)}, repeated "
            f"{ledger.repeated}, pages destroyed {board.damages} (salvages {board.salvages}, "
            f"excused {ledger.excused}), taken for the reason {board.buried}, longest start "
            f"{board.longest_start * 1000:.0f} ms, "
            f"{time.monotonic() - began:.0f} s")


async def carry_out(options, folder, disk):
    word = "cuts" if options.by == "power" else "kills"
    dice = random.Random(options.seed)
    board = Board(disk, options.agent, folder, dice)
    await board.switch_on()
    began = time.monotonic()
    said = began
    deaths = collections.Counter()
    print(f"seed {options.seed}", flush=True)
    phase = "start"
    try:
        for phase in phases(options, dice):
            if sum(deaths.values()) >= options.count or time.monotonic() - began > options.seconds:
                break
            await PHASES[phase](board)
            await board.die()
            deaths[phase] += 1
            # One salvage at a time: a second damage would be excused for the first one's rows.
            if phase == "salvage" or board.ledger.owed() > 5000:
                await board.settle()
                board.wipe()
            if board.ledger.lost or board.ledger.faults:
                break
            if time.monotonic() - said > 60:
                said = time.monotonic()
                print(report(board, deaths, word, began), flush=True)
        phase = "end"
        await board.settle()
        await board.agent.stop()
    except (Broken, asyncio.TimeoutError) as error:
        board.ledger.faults.append(f"{phase}: {error or 'producers were not answered'}")
    finally:
        board.agent.kill()
        board.target.stop()
    print(report(board, deaths, word, began), flush=True)
    for number, path in board.ledger.lost[:10]:
        print(f"lost after {phase}: event {number} at {path}")
    for fault in board.ledger.faults[:10]:
        print(f"fault: {fault}")
    return not board.ledger.lost and not board.ledger.faults


async def show_that_it_sees(options, folder, disk):
    """With queue.sync = normal a cut loses what was answered. Is it noticed?"""
    board = Board(disk, options.agent, folder, random.Random(options.seed), sync="normal")
    await board.switch_on()
    try:
        for number in range(1, options.blind + 1):
            await board.under_load()
            await board.die()
            await board.settle()
            board.agent.kill()
            if board.ledger.lost:
                print(f"sync = normal: lost {len(board.ledger.lost)} of "
                      f"{board.ledger.obligations} with cut {number}: losses are seen", flush=True)
                return True
        print(f"sync = normal lost nothing in {options.blind} cuts: this test is blind")
        return False
    finally:
        board.agent.kill()
        board.target.stop()


def main():
    options = arguments()

    def trial(folder):
        disk = LoopDisk(folder) if options.by == "power" else Folder(folder)
        try:
            one = show_that_it_sees if options.blind else carry_out
            return asyncio.run(one(options, folder, disk))
        finally:
            disk.close()

    name = ("blind: sync = normal loses" if options.blind else
            f"deaths by {options.by}: every 202 survives")
    return common.run(options, name, trial)


if __name__ == "__main__":
    sys.exit(main())
