#!/usr/bin/env python3
"""Which branches a run has taken, by folder and file, from what gcov has written beside the objects.

    test/simulation/coverage.py BUILD FOLDER...    # folders of the project: agent/queue

Branches that only an exception of a called function takes are left out: the compiler puts one behind
almost every call.
"""
import collections
import json
import pathlib
import subprocess
import sys


def taken_in(build, folder):
    """The branches of each source file: {file: {(line, number): taken}}."""
    found = collections.defaultdict(lambda: collections.defaultdict(bool))
    for data in sorted(build.rglob("*.gcda")):
        if f"/{folder.replace('/', '_')}.dir/" not in str(data):  # the objects of the folder's library
            continue
        text = subprocess.run(["gcov", "-b", "--json-format", "--stdout", str(data)], check=True,
                              capture_output=True, text=True, cwd=build).stdout
        for file in json.loads(text)["files"]:
            if not pathlib.Path(file["file"]).match(f"{folder}/*.cpp"):
                continue
            for line in file["lines"]:
                for number, branch in enumerate(line["branches"]):
                    if not branch["throw"]:
                        key = (line["line_number"], number)
                        found[pathlib.Path(file["file"]).name][key] |= branch["count"] > 0
    return found


def show(name, branches):
    taken = sum(branches)
    print(f"{name:44} {taken:5} of {len(branches):5} branches, {100 * taken / len(branches):5.1f} %")


def main():
    build = pathlib.Path(sys.argv[1])
    for folder in sys.argv[2:]:
        files = taken_in(build, folder)
        if not files:
            sys.exit(f"{folder}: no branches in {build}: was it compiled with --coverage and run?")
        show(folder, [taken for file in files.values() for taken in file.values()])
        for name, branches in sorted(files.items()):
            show("  " + name, list(branches.values()))


if __name__ == "__main__":
    main()
