"""The plug pulled under load, and what is owed afterwards."""
import random

from common import HarnessError, ProductError, until
from ledger import repeats
from load import Load

# What goes on at the cut; taken in turn. First the one that shows most: everything acknowledged is on the disk or nowhere.
BACKLOG = "receiver and server away, a backlog on the disk"
UNDER_WAY = "callbacks under way"
DRAINING = "the backlog draining"
KINDS = (BACKLOG, UNDER_WAY, DRAINING)


# A callback's 2xx is written down within a second; so long before the cut it must have been, however slow the emulator.
SETTLED_S = 3


def under_load(load, ledger, seconds):
    """Waits until the load has been taken for so many seconds."""
    before = ledger.events
    until(lambda: ledger.events > before or load.faults, 30, "the first event of the load to be taken", ProductError)
    load.pause(seconds)
    if ledger.events - before < 20 and not load.faults:
        raise HarnessError(f"only {ledger.events - before} events were taken: too thin a load for a cut to mean anything")


def cut(board, receiver, server, ledger, number, dice):
    """One cut, the boot after it, and the reckoning."""
    machine, say = board.machine, board.transcript.say
    kind = KINDS[(number - 1) % len(KINDS)]
    if kind != UNDER_WAY:
        receiver.stop()
    if kind == BACKLOG:
        server.stop()
    before = ledger.events
    load = Load(machine.agent_port, board.token, ledger, f"cut{number}").start()
    try:
        under_load(load, ledger, dice.uniform(2, 7))
        settled = receiver.mark()
        if kind == DRAINING:
            receiver.start()
            load.pause(dice.uniform(1, SETTLED_S))  # a backlog of seconds is gone in as many: within it
        else:
            load.pause(SETTLED_S)
    finally:
        machine.stop()
        load.stop()
    if load.faults:
        raise ProductError(f"answers under load: {load.faults[:3]}")
    at_cut = receiver.mark()
    open_at_cut = len(ledger.missing(receiver.arrived()))
    say(f"cut {number} ({kind}): {ledger.events - before} events acknowledged, {load.unanswered} posts without an answer, "
        f"{open_at_cut} deliveries owed at the cut")

    boot = machine.boot()
    if "recovery complete" not in board.run("dmesg | grep EXT4", accept=(0, 1)):
        raise HarnessError("the disk came up as if it had been unmounted: that was no power cut")
    board.wait_active(120)
    restarts = int(board.show("NRestarts")["NRestarts"])
    if restarts:
        raise ProductError(f"the agent came up only after {restarts} restarts")
    since_kernel, took = board.start_times()
    status = board.status()
    say(f"  shell after {boot:.1f} s; agent active by itself {since_kernel / 1000:.1f} s after the kernel began, READY=1 {took} ms after its start; "
        f"pending {status['queue']['pending']}, resident {board.rss():.1f} MiB")
    check_store(status)
    if kind == BACKLOG:
        # Nothing can have been delivered since: all that is owed must be in the queue.
        if status["queue"]["pending"] < open_at_cut:
            raise ProductError(f"{open_at_cut} deliveries are owed, {status['queue']['pending']} are in the queue")
        receiver.start()
    began = board.transcript.seconds()
    status = board.drained(180)
    drain = board.transcript.seconds() - began
    if kind == BACKLOG:
        server.start()
    check_store(status)
    arrived = receiver.arrived()
    lost = ledger.missing(arrived)
    forgotten = receiver.arrived(before=settled).keys() & receiver.arrived(since=at_cut).keys()
    say(f"  drained in {drain:.1f} s; obligations so far {ledger.owed()}, lost {len(lost)}, again {repeats(arrived)}")
    if lost:
        raise ProductError(f"{len(lost)} acknowledged deliveries are lost, the first: {lost[:5]}")
    if forgotten:
        raise ProductError(f"{len(forgotten)} callbacks came again that had been answered {SETTLED_S} s before the cut: {sorted(forgotten)[:5]}")


def check_store(status):
    store = status["store"]
    if store["degraded"] or store["quarantined"] or status["queue"]["dead"]:
        raise ProductError(f"after a power cut: store {store}, queue {status['queue']}")


def cuts(board, receiver, server, ledger, count, seed):
    board.run("sync")  # what the steps before wrote is not what is tested
    dice = random.Random(seed)
    for number in range(1, count + 1):
        cut(board, receiver, server, ledger, number, dice)
