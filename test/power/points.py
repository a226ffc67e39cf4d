#!/usr/bin/env python3
"""Kills the agent at each of its calls that change the queue's files, one after another, and looks
after each whether all that is owed still arrives. scripts/kills.sh --points says how.
Exit codes: 0 passed · 1 the agent failed · 64 usage"""
import argparse
import asyncio
import os
import random
import shutil
import sys
import time

import common
import traffic
from agent import Broken
from board import Board
from database import make_version_1
from disk import Boots, Folder, Missing

EVENTS = 30  # of one run under load
PATIENCE_S = 60


class Points:
    """One scenario after another, each as often as it has calls to die at."""

    def __init__(self, board, preload, folder):
        self.board, self.preload = board, preload
        self.template = os.path.join(folder, "template")
        self.counter = os.path.join(folder, "calls")
        self.owed = {}
        # Only a power cut leaves half of what was written.
        try:
            self.boots = Boots(folder)
        except Missing as error:
            self.boots = None
            print(f"no kill with half of the bytes written: {error}")

    def environment(self, point, half):
        with open(self.counter, "wb") as file:
            file.write(bytes(8))
        found = {"LD_PRELOAD": self.preload, "FFL_DIE_FOLDER": self.board.disk.path,
                 "FFL_DIE_AT": str(point), "FFL_DIE_COUNT": self.counter}
        return found | {"FFL_DIE_HALF": "1"} if half else found

    # What each scenario begins with, kept as a template.

    async def empty(self):
        pass

    async def old(self):
        make_version_1(self.board.queue, 20, self.board.ledger)

    async def backlog(self):
        await self.board.pile_up(0.2, 0.3)

    async def moved(self):
        """A backlog that has left the fresh events for the tables with indexes."""
        await self.board.pile_up(0.2, 0.3)
        self.board.target.state = traffic.REFUSING
        await self.board.start()
        enough = self.board.target.posts + EVENTS
        while self.board.target.posts < enough:
            await asyncio.sleep(0.001)
        self.board.target.state = traffic.AWAY
        await self.board.agent.stop()

    async def damaged_index(self):
        await self.moved()
        self.board.destroy_a_page(("delivery_pending", "event_given"))

    async def damaged_table(self):
        await self.moved()
        self.board.destroy_a_page(("event", "delivery", "fresh_event"))

    async def prepare(self, make):
        self.board.wipe()
        self.board.producers.unanswered.clear()
        shutil.rmtree(self.template, ignore_errors=True)
        await make(self)
        self.owed = self.board.ledger.snapshot()
        shutil.copytree(self.board.disk.path, self.template)

    def restore(self):
        damaged = self.board.damaged
        self.board.wipe()
        self.board.damaged = damaged
        shutil.copytree(self.template, self.board.disk.path, dirs_exist_ok=True)
        self.board.ledger.owe_again(self.owed)

    async def run(self, refusing):
        """From the start through load and drain to a stop in order, or to the death."""
        board = self.board
        board.target.state = traffic.REFUSING if refusing else traffic.UP
        await board.agent.until_ready()
        board.producers.start()
        end = time.monotonic() + PATIENCE_S
        enough = board.producers.acknowledged + EVENTS
        while not board.agent.ended() and (board.producers.acknowledged < enough
                                           or board.ledger.owed() > 0):
            if time.monotonic() > end:
                raise Broken(f"not drained after {PATIENCE_S} s")
            if board.producers.acknowledged >= enough:
                await board.producers.stop()
            await asyncio.sleep(0.001)
        if not board.agent.ended():
            await board.producers.finish(board.agent.ended)
            await board.agent.stop()

    async def dies_at(self, point, half, refusing):
        """Whether it died there; False: it ended before that call."""
        board = self.board
        self.restore()
        board.agent.launch(self.environment(point, half))
        try:
            await self.run(refusing)
        except Broken:
            if board.agent.process.poll() != -9:
                raise
        died = board.agent.process is not None
        await board.producers.stop()
        board.agent.kill()
        board.target.cut_off()
        if half:
            self.boots.next()
        await board.settle()
        await board.agent.stop()
        return died


SCENARIOS = {"first start": (Points.empty, False), "migration": (Points.old, False),
             "drain": (Points.backlog, False), "retries": (Points.moved, True),
             "salvage of an index": (Points.damaged_index, False),
             "salvage of a table": (Points.damaged_table, False)}


def arguments():
    parser = argparse.ArgumentParser()
    common.add_arguments(parser)
    parser.add_argument("--preload", required=True, help="libffl-die-at")
    parser.add_argument("--step", type=int, default=1, help="every how many calls one is tried")
    parser.add_argument("--seconds", type=float, default=10**9, help="no kill after that")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--only", choices=SCENARIOS)
    return parser.parse_args()


async def carry_out(options, folder):
    dice = random.Random(options.seed)
    board = Board(Folder(folder), options.agent, folder, dice)
    await board.switch_on()
    points = Points(board, options.preload, folder)
    ledger = board.ledger
    print(f"seed {options.seed}, every {options.step}th call", flush=True)
    where, kills, began = "", 0, time.monotonic()
    try:
        for name, (make, refusing) in SCENARIOS.items():
            if options.only not in (None, name) or time.monotonic() - began > options.seconds:
                continue
            await points.prepare(make)
            point, tried = dice.randint(1, options.step), 0
            while (not ledger.lost and not ledger.faults
                   and time.monotonic() - began < options.seconds):
                where = f"{name}, call {point}"
                if not await points.dies_at(point, False, refusing):
                    break
                tried += 1
                if points.boots is not None and not ledger.lost and not ledger.faults:
                    where += ", half of it done"
                    tried += await points.dies_at(point, True, refusing)
                point += options.step
            kills += tried
            print(f"{name}: {tried} kills up to call {point}", flush=True)
    except (Broken, asyncio.TimeoutError) as error:
        ledger.faults.append(str(error) or "producers were not answered")
    finally:
        board.agent.kill()
        board.target.stop()
    print(f"kills {kills}, obligations {ledger.obligations}, lost {len(ledger.lost)}, repeated "
          f"{ledger.repeated}, longest start {board.longest_start * 1000:.0f} ms, "
          f"{time.monotonic() - began:.0f} s", flush=True)
    for number, path in ledger.lost[:10]:
        print(f"lost at {where}: event {number} at {path}")
    for fault in ledger.faults[:10]:
        print(f"fault at {where}: {fault}")
    return kills > 0 and not ledger.lost and not ledger.faults


def main():
    options = arguments()
    return common.run(options, "points: every 202 survives a kill at each of them",
                      lambda folder: asyncio.run(carry_out(options, folder)))


if __name__ == "__main__":
    sys.exit(main())
