"""Board: a disk, the agent on it, producers and a target; what happens between two deaths."""
import asyncio
import os
import time

import traffic
from agent import Agent, Broken
from database import damage, fault_in, make_version_1
from disk import empty
from ledger import Ledger, definitions

PRODUCERS = 4
STANDSTILL_S = 30


class Board:
    def __init__(self, disk, binary, folder, dice, sync="full"):
        self.disk, self.dice, self.folder = disk, dice, folder
        self.ledger = Ledger()
        self.target = traffic.Target(self.ledger)
        self.queue = os.path.join(disk.path, "agent.db")
        self.agent = Agent(binary, folder, self.queue, sync)
        self.producers = traffic.Producers(self.ledger, self.agent.socket, PRODUCERS)
        self.damaged = False  # a page was destroyed since the disk was empty
        self.damages = self.salvages = 0
        self.buried = 0  # deliveries that were made dead letters
        self.before_ready = 0  # deaths within a start
        self.longest_start = 0.0
        self.usual_start = 0.05

    async def switch_on(self):
        await self.target.start()
        with open(self.agent.definitions, "w", encoding="utf-8") as file:
            file.write(definitions(self.target.url))

    # What phases are made of.

    async def start(self):
        """A start by itself, whatever the cut left."""
        await self.agent.start()
        took = self.agent.ready_after
        self.longest_start = max(self.longest_start, took)
        self.usual_start = 0.8 * self.usual_start + 0.2 * took

    async def begin_start(self):
        """Starts and stays somewhere within or just behind the start."""
        self.agent.launch()
        await asyncio.sleep(self.dice.uniform(0, 2 * self.usual_start))

    async def load(self, shortest, longest):
        self.producers.start()
        await asyncio.sleep(self.dice.uniform(shortest, longest))

    async def die(self):
        """The death, all in one step of the loop: no answer is read between it and its decision."""
        self.before_ready += not self.agent.is_ready()
        self.disk.cut(self.dice)
        self.agent.kill()
        self.target.cut_off()
        await self.producers.stop()
        self.target.state = traffic.UP
        self.disk.power_on()
        if not self.damaged:
            fault = fault_in(self.queue, self.folder)
            if fault is not None:
                raise Broken(f"the database is damaged after the cut: {fault}")

    async def settle(self):
        """A start, and everything that is owed arrives; what does not is lost."""
        self.target.state = traffic.UP
        if self.agent.ended():
            await self.start()
        await asyncio.wait_for(self.producers.finish(self.agent.ended), 2 * STANDSTILL_S)
        since, owed = time.monotonic(), self.ledger.owed()
        status = await self.agent.status()
        while self.ledger.owed() or status["queue"]["pending"]:
            if self.ledger.owed() != owed:
                since, owed = time.monotonic(), self.ledger.owed()
            if time.monotonic() - since > STANDSTILL_S:
                raise Broken(f"nothing moves for {STANDSTILL_S} s: {owed} events are owed, the "
                             f"agent says {status}")
            if status["queue"]["dead"] and not self.disk.loses_power:
                # It takes a delivery that was in hand at three kills in a row for their reason.
                self.buried += status["queue"]["dead"]
                await self.agent.revive_dead()
            elif not status["queue"]["pending"] and self.ledger.owed():
                self.ledger.give_up()
                break
            await asyncio.sleep(0.01)
            status = await self.agent.status()
        store = status["store"]
        if store["degraded"] or status["queue"]["dead"]:
            raise Broken(f"store {store}, queue {status['queue']}")
        if store["quarantined"] and not self.damaged:
            raise Broken(f"a salvage without damage: {store['quarantined']}")
        self.salvages += bool(store["quarantined"])

    def wipe(self):
        """An empty disk; nothing may be owed."""
        self.agent.kill()
        empty(self.disk)
        self.damaged = False

    # The phases, each up to the moment of the death. The agent does not run before or after one.

    async def first_start(self):
        await self.settle()
        self.wipe()
        self.producers.start()
        await self.begin_start()

    async def migration(self):
        await self.settle()
        self.wipe()
        make_version_1(self.queue, self.dice.choice((3, 300, 2000)), self.ledger)
        self.disk.sync()
        await self.begin_start()

    async def under_load(self):
        await self.start()
        await self.load(0.02, 0.3)

    async def draining(self):
        self.target.state = traffic.AWAY
        await self.start()
        await self.load(0.1, 0.3)
        self.target.state = traffic.UP
        await asyncio.sleep(self.dice.uniform(0.01, 0.15))

    async def retrying(self):
        self.target.state = traffic.REFUSING
        await self.start()
        await self.load(0.05, 0.4)

    async def restarting(self):
        await self.start()
        await self.load(0.02, 0.1)
        self.agent.terminate()
        if self.dice.random() < 0.5:
            await asyncio.sleep(self.dice.uniform(0, 0.02))
            return
        self.agent.kill()
        await self.begin_start()

    async def salvage(self):
        await self.pile_up(0.1, 0.4)
        self.destroy_a_page()
        await self.begin_start()

    async def pile_up(self, shortest, longest):
        """A backlog, and an agent that was stopped in order."""
        self.target.state = traffic.AWAY
        await self.start()
        await self.load(shortest, longest)
        await self.producers.stop()
        await self.agent.stop()

    def destroy_a_page(self, names=None):
        damage(self.queue, self.dice, self.ledger, names)
        self.damages += 1
        self.damaged = True
        self.disk.sync()


PHASES = {"first start": Board.first_start, "migration": Board.migration,
          "load": Board.under_load, "drain": Board.draining, "retries": Board.retrying,
          "restart": Board.restarting, "salvage": Board.salvage}
# A cycle begins with an empty disk; the rest comes in any order.
BEGIN = ("first start", "migration")
REST = ("load", "load", "load", "drain", "drain", "retries", "restart", "salvage")
