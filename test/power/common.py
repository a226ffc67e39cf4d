"""What the programs of this folder share: their folder, and how they end."""
import os
import shutil
import signal
import sys
import tempfile
import time

from disk import Missing


def add_arguments(parser):
    parser.add_argument("--agent", required=True, help="the program")
    parser.add_argument("--test", action="store_true",
                        help="ends as a test of ctest does: prints a line for scripts/test.sh to "
                             "count, and is skipped where it cannot run")


def last_lines(folder):
    log = os.path.join(folder, "log")
    if os.path.exists(log):
        with open(log, encoding="utf-8", errors="replace") as file:
            print("".join("  | " + line for line in file.readlines()[-30:]), end="")


def run(options, name, trial):
    """trial(folder) in a folder of its own, in memory where that is possible: says whether it
    passed. Returns the exit code."""
    in_memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    folder = tempfile.mkdtemp(prefix="ffl-power-", dir=in_memory)
    began = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))  # what was mounted is unmounted

    def judge(word):
        if options.test:
            print(f"[{word:>9} ] {name} ({(time.monotonic() - began) * 1000:.0f} ms)")

    try:
        if trial(folder):
            judge("OK")
            return 0
        last_lines(folder)
        judge("FAILED ")
        return 1
    except Missing as error:
        print(f"skipped: {error}")
        judge("SKIPPED")
        return 0 if options.test else 69
    finally:
        shutil.rmtree(folder, ignore_errors=True)
