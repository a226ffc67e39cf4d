#!/usr/bin/env python3
"""Measures ffl-agent, and beside it another build or an agent in Node.js; scripts/bench.sh builds and calls this.

Durable: every figure is with queue.sync = full, an fsync before each 202, one POST an event and default settings, unless the
row says otherwise. Each event is counted; the exit code is 1 when one was lost, refused or delivered twice, or when a 202 came
before its fsync. With two programs each measure runs in turns within one run, for machines differ and are noisy: the ratio is
what counts.
"""
import argparse
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # no folder of compiled files in the source tree

import plot
import table
from measures import Bench, Size
from programs import Agent, Broken, Node

SIZES = {
    "normal": Size(),
    "quick": Size(seconds=1, warm_up=0.5, rounds=2, counting=4, rates=(20,), waiting=20_000, most=100_000, starts=2, drains=1),
    "smoke": Size(seconds=0.4, warm_up=0.1, rounds=1, counting=1, rates=(20,), waiting=400, most=1_000, starts=1, drains=1),
}
# In each round one of each; the others once or as often as Size says.
TIMED = ["full", "steady", "slow_5", "slow_20", "full_window", "steady_window", "many", "batches", "start"]
LONG = ["drain", "hanging", "million"]


def positive(kind):
    def read(text):
        value = kind(text)
        if not 0 < value < 100_000:
            raise ValueError
        return value
    read.__name__ = "positive number"  # argparse: invalid positive number value
    return read


def setting(text):
    name, equals, value = text.partition("=")
    section, dot, key = name.partition(".")
    if not (equals and dot and section and key):
        raise argparse.ArgumentTypeError(f'found "{text}", expected SECTION.KEY=VALUE, such as queue.sync=normal')
    return section, key, value


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, prog="bench.sh")
    parser.add_argument("seconds", nargs="?", type=positive(float), help="how long each load lasts (2; 1 with --quick)")
    parser.add_argument("other", nargs="?", help="a second ffl-agent, an older build for example, measured in turns with this one")
    how_much = parser.add_mutually_exclusive_group()
    how_much.add_argument("--quick", action="store_const", const="quick", dest="size", help="half as long")
    how_much.add_argument("--smoke", action="store_const", const="smoke", dest="size",
                          help="seconds: only proves that the benchmark works and that all is counted")
    parser.add_argument("--against", action="store_true", help="also the agent in Node.js (test/bench/node), in turns")
    parser.add_argument("--set", metavar="SECTION.KEY=VALUE", type=setting, action="append", default=[], dest="settings",
                        help="also this build with that setting, in turns: what it costs; may be repeated")
    parser.add_argument("--rounds", metavar="N", type=positive(int), help="turns of each load (5; 2 with --quick)")
    parser.add_argument("--only", metavar="MEASURE,...", type=lambda text: text.split(","),
                        help="of " + ", ".join(TIMED + ["counts"] + LONG))
    parser.add_argument("--out", metavar="FOLDER", type=pathlib.Path, help="where the queues are, and bench.json and bench.svg go (build/bench)")
    parser.add_argument("--build", metavar="FOLDER", type=pathlib.Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = set(options.only or []) - set(TIMED + ["counts"] + LONG)
    if unknown:
        parser.error(f"unknown measure {', '.join(sorted(unknown))}")
    if options.other and not os.access(options.other, os.X_OK):
        parser.error(f"{options.other} is not a program")
    return options


def size_of(options):
    size = SIZES[options.size or "normal"]
    size.seconds = options.seconds or size.seconds
    size.rounds = options.rounds or size.rounds
    return size


def disk(folder):
    """The file system of the queues, and how long an fsync takes there, in milliseconds."""
    kind = subprocess.run(["findmnt", "-no", "FSTYPE", "-T", folder], capture_output=True, text=True).stdout.split()
    with tempfile.TemporaryFile(dir=folder) as file:
        times = []
        for _ in range(50):
            begin = time.monotonic()
            file.write(bytes(4096))
            file.flush()
            os.fdatasync(file.fileno())
            times.append((time.monotonic() - begin) * 1000)
    return {"file_system": kind[-1] if kind else "unknown file system", "fsync_ms": round(statistics.median(times), 3)}


def machine(folder):
    model = [line.partition(":")[2].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith(("model name", "Model"))]
    return {"processor": model[0] if model else platform.machine(), "cores": os.cpu_count(), "kernel": platform.release(),
            "load_average": os.getloadavg()[0], **disk(folder)}


def progress(words=""):
    if sys.stderr.isatty():
        print("\r" + words.ljust(60) + ("" if words else "\r"), end="", file=sys.stderr, flush=True)


def measure(bench, programs, wanted):
    """{program: {row: [figures]}}"""
    figures = {program.name: {} for program in programs}
    size = bench.size

    def take(program, one):
        for key, value in one.items():
            figures[program.name].setdefault(key, []).extend(value if isinstance(value, list) else [value])

    def in_turns(names, rounds):
        for turn in range(rounds):
            for name in names:
                # The other way around each time: what comes first gets no advantage of it.
                for program in programs if turn % 2 == 0 else programs[::-1]:
                    progress(f"round {turn + 1} of {rounds}: {name}, {program.name}")
                    take(program, getattr(bench, name)(program))

    in_turns([name for name in TIMED if name in wanted], size.rounds)
    if "counts" in wanted:
        progress("counting at few events a second")
        counted = bench.counts(programs)
        for program in programs:
            take(program, counted[program.name])
    if "drain" in wanted:
        in_turns(["drain"], size.drains)
    if "hanging" in wanted:
        in_turns(["hanging"], size.drains)
    if "million" in wanted:
        in_turns(["million"], 1)
    progress()
    return figures


def main():
    options = arguments()
    root = pathlib.Path(__file__).resolve().parents[2]
    build = options.build or root / "build/release"
    out = options.out or root / "build/bench"
    out.mkdir(parents=True, exist_ok=True)
    programs = [Agent("ffl-agent", build / "ffl-agent")]
    if options.other:
        programs.append(Agent("other", options.other))
    for section, key, value in options.settings:
        programs.append(Agent(f"{key}={value}", build / "ffl-agent", {section: {key: value}}))
    if options.against:
        programs.append(Node(root / "build/bench/node"))
    with tempfile.TemporaryDirectory(dir=out, prefix="queues-") as scratch:
        bench = Bench(size_of(options), build / "test/ffl-load", build / "test/libffl-slow-disk.so", scratch)
        about = {"when": time.strftime("%Y-%m-%d %H:%M"), "size": options.size or "normal", "seconds": bench.size.seconds,
                 "rounds": bench.size.rounds, "machine": machine(scratch),
                 "programs": {program.name: program.version() for program in programs}}
        if shutil.disk_usage(scratch).free < 3 * bench.size.most * 700:
            raise Broken(f"not enough free space in {out}")
        if about["machine"]["file_system"] == "tmpfs":
            print("bench: the queues are in memory (tmpfs): no bytes are written, and an fsync takes what is added to it", file=sys.stderr)
        if about["machine"]["load_average"] > 0.5 and options.size != "smoke":
            print(f"bench: other programs run here (load average {about['machine']['load_average']:.1f}): only ratios count", file=sys.stderr)
        figures = measure(bench, programs, options.only or TIMED + ["counts"] + LONG)
    report(about, bench, figures, [program.name for program in programs], out)
    return 1 if any(tally.bad() for tally in bench.tallies.values()) else 0


def report(about, bench, figures, names, out):
    rows = table.rows(bench.size)
    place = about["machine"]
    print(f"{place['processor']}, {place['cores']} cores, Linux {place['kernel']}, {place['file_system']} with an fsync of "
          f"{place['fsync_ms']} ms; {about['seconds']:g} s a load, {about['rounds']} rounds; events of 1.2 KB, queue.sync = full")
    print("\n".join(table.lines(rows, figures, names)))
    print("\nevents        accepted  delivered  missing  again  refused  unknown")
    for name in names:
        tally = bench.tally_of(name)
        print(f"{name:<12} {tally.accepted:>9} {tally.delivered:>10} {tally.missing:>8} {tally.again:>6} {tally.refused:>8} {tally.unknown:>8}")
        for fault in tally.faults:
            print(f"  {name}: {fault}")
    result = {**about, "counts": {name: bench.tally_of(name).numbers() for name in names},
              "rows": [{"key": row.key, "section": row.section, "label": row.label, "unit": row.unit,
                        "higher_is_better": row.higher_is_better,
                        "programs": {name: {"median": statistics.median(figures[name][row.key]), "values": figures[name][row.key]}
                                     for name in names if figures[name].get(row.key)}}
                       for row in rows if any(figures[name].get(row.key) for name in names)]}
    (out / "bench.json").write_text(json.dumps(result, indent=1) + "\n")
    (out / "bench.svg").write_text(plot.svg(result, names))
    print(f"\n{out / 'bench.json'}  {out / 'bench.svg'}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except Broken as error:
        sys.exit(f"bench: {error}")
