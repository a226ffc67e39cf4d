#!/usr/bin/env python3
"""Checks by the #include lines that the folders use each other in one direction only (README, "How it works").

    check_layers.py            lists every fault and exits 1 when there is one
    check_layers.py --graph    prints which folders each folder uses

First it proves on small faulty trees that it finds each kind of fault.
"""
import pathlib
import re
import sys
import tempfile

# A folder uses only folders below it.
ORDER = [
    "agent", "agent/cli", "agent/service", "agent/api", "agent/delivery", "agent/definitions",
    "agent/findface", "agent/queue", "agent/event_list", "agent/store", "agent/config", "agent/webhooks", "agent/events",
    "common/http_server", "common/http_client", "common/sqlite", "common/net", "common/async",
    "common/text", "common/base",
]
# These do not use each other either.
APART = [("agent/api", "agent/delivery"), ("agent/findface", "agent/queue"),
         ("agent/findface", "agent/store"), ("agent/store", "agent/config"),
         ("common/http_server", "common/http_client")]
# Values in, values out: no clock, no network, no database, no log, also not through other headers.
PURE = ["agent/config", "agent/webhooks", "agent/events"]
IMPURE = re.compile(r"boost/|sqlite3\.h|SQLiteCpp/|spdlog/|common/(async|sqlite|http_\w+)/|common/base/(log|journal|systemd)\.hpp")
BEAST = re.compile(r"common/(http_client|http_server)/\w+\.cpp|common/async/boost_impl\.cpp")
SQLITE = re.compile(r"(common/sqlite|agent/store)/\w+\.cpp|agent/queue/queue_database\.cpp")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)', re.M)


def read_tree(root):
    """The included names of each file below agent/ and common/."""
    files = {}
    for top in ("agent", "common"):
        for path in sorted(pathlib.Path(root, top).rglob("*.[ch]pp")):
            files[path.relative_to(root).as_posix()] = INCLUDE.findall(path.read_text())
    return files


def folder_of(name):
    return name.rpartition("/")[0]


def stem(name):
    return re.sub(r"\.[ch]pp$", "", name)


def reachable(files, name):
    seen, waiting = set(), list(files.get(name, []))
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting += files.get(one, [])
    return seen


def cycles(files):
    """Groups of file pairs (header and source) that include each other in a ring."""
    edges = {}
    for name, included in files.items():
        own = edges.setdefault(stem(name), set())
        own |= {stem(one) for one in included if one in files and stem(one) != stem(name)}
    index, low, stack, found = {}, {}, [], []

    def visit(node):  # Tarjan's strongly connected components
        index[node] = low[node] = len(index)
        stack.append(node)
        for to in sorted(edges.get(node, ())):
            if to not in index:
                visit(to)
            if to in stack:
                low[node] = min(low[node], low[to])
        if low[node] == index[node]:
            ring = stack[stack.index(node):]
            del stack[stack.index(node):]
            if len(ring) > 1:
                found.append(sorted(ring))

    for node in sorted(edges):
        if node not in index:
            visit(node)
    return found


def faults(root):
    files = read_tree(root)
    found = []
    apart = {pair for a, b in APART for pair in ((a, b), (b, a))}
    for name, included in files.items():
        own = folder_of(name)
        if own not in ORDER:
            found.append(f"{name}: its folder is not in the order of check_layers.py")
            continue
        for one in included:
            other = folder_of(one)
            if other in ORDER and other != own:
                if ORDER.index(other) < ORDER.index(own):
                    found.append(f"{name}: {own} must not use {one}")
                elif (own, other) in apart:
                    found.append(f"{name}: {own} and {other} do not use each other, but it includes {one}")
            if re.match(r"\.|[a-z_]+\.hpp$", one):
                found.append(f"{name}: includes are named from the root, not {one}")
            if one.startswith("boost/beast") and not BEAST.fullmatch(name):
                found.append(f"{name}: Beast is included by http_client, http_server and boost_impl .cpp files only")
            if re.match(r"sqlite3\.h|SQLiteCpp/", one) and not SQLITE.fullmatch(name):
                found.append(f"{name}: SQLite is included by .cpp files of sqlite, store and queue_database only")
            if re.match("boost/(?!unordered/)", one) and name.startswith("agent/") and name.endswith(".hpp"):
                found.append(f"{name}: headers of agent/ see Boost (but for its containers) through common/async/task.hpp only")
        if own in PURE:
            found += [f"{name}: {own} is pure and must not see {one}"
                      for one in sorted(reachable(files, name)) if IMPURE.match(one)]
        header = stem(name) + ".hpp"
        if name.endswith(".cpp") and name not in ("agent/main.cpp", "common/async/boost_impl.cpp"):
            if not included or included[0] != header:
                found.append(f"{name}: its first include must be {header}, the header of what it defines")
    found += ["these files include each other in a ring: " + ", ".join(ring) for ring in cycles(files)]
    return found


def graph(root):
    uses = {}
    for name, included in read_tree(root).items():
        own = uses.setdefault(folder_of(name), set())
        own |= {folder_of(one) for one in included if folder_of(one) in ORDER} - {folder_of(name)}
    for folder in ORDER:
        below = sorted(uses.get(folder, ()), key=ORDER.index)
        print(f"{folder:20} -> {', '.join(below) or '(nothing)'}")


SAMPLE = {
    "agent/main.cpp": '#include "agent/cli/cli.hpp"\n',
    "agent/cli/cli.hpp": '#include "agent/api/router.hpp"\n',
    "agent/api/router.hpp": '#include "agent/queue/queue.hpp"\n#include "common/http_server/server.hpp"\n',
    "agent/delivery/lane.hpp": '#include "agent/queue/queue.hpp"\n',
    "agent/queue/queue.hpp": '#include "agent/store/rows.hpp"\n#include "common/async/task.hpp"\n',
    "agent/store/rows.cpp": '#include "agent/store/rows.hpp"\n#include <sqlite3.h>\n',
    "agent/store/rows.hpp": '#include "agent/events/event.hpp"\n',
    "agent/events/event.hpp": '#include "common/base/result.hpp"\n#include <string>\n',
    "agent/events/event.cpp": '#include "agent/events/event.hpp"\n// #include <sqlite3.h>\n',
    "common/http_server/server.hpp": "#include <string>\n",
    "common/http_server/server.cpp": '#include "common/http_server/server.hpp"\n#include <boost/beast/core.hpp>\n',
    "common/async/task.hpp": '#include <boost/asio/post.hpp>\n#include "common/base/result.hpp"\n',
    "common/base/result.hpp": "#include <string>\n",
    "common/base/log.hpp": "#include <string>\n",
}
MUST_FIND = [
    ("agent/events/event.cpp", "", ""),
    ("common/base/result.hpp", "agent/events/event.hpp", "common/base must not use agent/events/event.hpp"),
    ("agent/queue/queue.hpp", "agent/api/router.hpp", "agent/queue must not use"),
    ("agent/delivery/lane.hpp", "agent/api/router.hpp", "agent/delivery must not use"),
    ("agent/api/router.hpp", "agent/delivery/lane.hpp", "do not use each other"),
    ("agent/events/event.hpp", "common/base/log.hpp", "is pure and must not see common/base/log.hpp"),
    ("agent/events/event.hpp", "common/async/task.hpp", "is pure and must not see boost/asio/post.hpp"),
    ("agent/api/router.hpp", "boost/asio/post.hpp", "through common/async/task.hpp only"),
    ("common/base/log.hpp", "common/base/result.hpp", ""),
    ("common/base/log.hpp", "boost/beast/http.hpp", "Beast is included by"),
    ("common/http_server/server.hpp", "boost/beast/http.hpp", "Beast is included by"),
    ("agent/store/rows.hpp", "SQLiteCpp/Database.h", "SQLite is included by"),
    ("agent/api/router.hpp", "queue.hpp", "named from the root"),
    ("agent/other/new.cpp", "string", "not in the order"),
    ("agent/queue/extra.cpp", "agent/queue/queue.hpp", "its first include must be agent/queue/extra.hpp"),
]
RING = {"agent/queue/a.hpp": '#include "agent/queue/b.hpp"\n', "agent/queue/b.cpp": '#include "agent/queue/b.hpp"\n'
        '#include "agent/queue/a.hpp"\n', "agent/queue/b.hpp": "#include <string>\n"}


def prove():
    """Every kind of fault is found in the sample tree, and no other."""
    cases = [({name: f'#include "{line}"\n' if line else ""}, words) for name, line, words in MUST_FIND]
    for added, words in cases + [(RING, "in a ring: agent/queue/a, agent/queue/b")]:
        with tempfile.TemporaryDirectory() as root:
            for name, text in SAMPLE.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            for name, text in added.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text((path.read_text() if path.exists() else "") + text)
            found = faults(root)
        if words and not any(words in one for one in found) or not words and found:
            sys.exit(f"check_layers.py: with {added} it must find '{words or 'nothing'}' and found {found}")


if __name__ == "__main__":
    prove()
    tree = pathlib.Path(__file__).resolve().parent.parent
    if sys.argv[1:] == ["--graph"]:
        graph(tree)
        sys.exit(0)
    all_faults = faults(tree)
    if all_faults:
        print("\n".join(all_faults), file=sys.stderr)
    sys.exit(1 if all_faults else 0)
