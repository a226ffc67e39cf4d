#!/usr/bin/env python3
"""The fault matrix of the README, from the tests themselves: a test that shows what holds in a fault
has a line `Fault: FAULT | PROMISE` in the comment above it (or, for a script, at its top).
  fault_matrix.py          fails if the README has another table
  fault_matrix.py --write  writes it there"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- fault matrix: test/fault_matrix.py --write -->\n", "<!-- end of the fault matrix -->\n"
TAG = re.compile(r"^\s*(?://|#)\s*Fault: (.+?) \| (.+)$")
TEST = re.compile(r"^TEST(?:_[FP])?\((\w+), (\w+)\)")


def shown():
    """(fault, promise, where) of every tag, in the order of the files."""
    files = sorted(ROOT.glob("test/**/*_test.cpp")) + sorted(ROOT.glob("scripts/*.sh"))
    for path in files:
        waiting = []
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if tag := TAG.match(line):
                fault = (tag[1], tag[2])
                if path.suffix == ".sh":
                    yield *fault, f"`{path.relative_to(ROOT)}`"
                else:
                    waiting.append(fault)
            elif test := TEST.match(line):
                for fault in waiting:
                    yield *fault, f"`{test[1]}.{test[2]}`"
                waiting = []
            elif waiting and line.strip() and not line.lstrip().startswith("//"):
                sys.exit(f"{path}:{number}: a line `Fault:` without a test: expected TEST(...) after it")


def table():
    rows = {}
    for fault, promise, where in shown():
        rows.setdefault((fault, promise), []).append(where)
    lines = ["| Fault | What holds | Shown by |\n", "|---|---|---|\n"]
    last = None
    for fault, promise in sorted(rows):
        lines.append(f"| {'' if fault == last else fault} | {promise} | {', '.join(rows[fault, promise])} |\n")
        last = fault
    return "".join(lines)


def main():
    readme = ROOT / "README.md"
    text = readme.read_text()
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    fresh = text[:begin] + table() + text[end:]
    if "--write" in sys.argv:
        readme.write_text(fresh)
    elif fresh != text:
        sys.exit("README.md: the fault matrix is not that of the tests: run test/fault_matrix.py --write")


main()
