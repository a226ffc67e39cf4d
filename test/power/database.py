"""The queue's file while no agent runs: whether it is sound, a page of it destroyed, and one of
version 1."""
import os
import shutil
import sqlite3

from ledger import BITS, WEBHOOKS, event, matched

DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data")
PAGE = 4096


def fault_in(path, folder):
    """What SQLite finds wrong with the database and its WAL; None if nothing. Looks at a copy, so
    that the agent is the first to open the files after a cut."""
    if not os.path.exists(path):
        return None
    copy = os.path.join(folder, "copy.db")
    for end in ("", "-wal"):
        if os.path.exists(copy + end):
            os.remove(copy + end)
        if os.path.exists(path + end):
            shutil.copyfile(path + end, copy + end)
    try:
        handle = sqlite3.connect(copy)
        try:
            found = handle.execute("PRAGMA integrity_check").fetchone()[0]
        finally:
            handle.close()
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if found == "ok" else found


def varint(page, at):
    value = 0
    for place in range(9):
        byte = page[at + place]
        if place == 8:
            return value << 8 | byte, at + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + place + 1
    raise AssertionError


def rows_of_leaf(page):
    """The row ids on a leaf page of a table (https://sqlite.org/fileformat2.html#b_tree_pages)."""
    if page[0] != 0x0D:
        return []
    rows = []
    for cell in range(int.from_bytes(page[3:5], "big")):
        at = int.from_bytes(page[8 + 2 * cell:10 + 2 * cell], "big")
        _, at = varint(page, at)
        rows.append(varint(page, at)[0])
    return rows


def damage(path, dice, ledger, names=None):
    """Destroys a page of a database that was closed in order, of one of the tables and indexes
    `names` where they are given. What only that page had is excused: events and deliveries that
    stood on it. Returns what was hit."""
    handle = sqlite3.connect(f"file:{path}?immutable=1", uri=True)
    try:
        pages = [page for page in handle.execute(
            "SELECT name, pageno, pagetype FROM dbstat WHERE pageno > 1")
                 if not names or page[0] in names]
        name, number, kind = dice.choice(pages)
        with open(path, "r+b") as file:
            file.seek((number - 1) * PAGE)
            page = file.read(PAGE)
            file.seek((number - 1) * PAGE)
            file.write(dice.choice((bytes(PAGE), dice.randbytes(PAGE))))
            file.flush()
            os.fsync(file.fileno())
        if kind == "leaf" and name in ("event", "fresh_event", "delivery"):
            for row in rows_of_leaf(page):
                table, row = ("event", row >> 16) if name == "delivery" else (name, row)
                for found, in handle.execute(f"SELECT event_id FROM {table} WHERE id = ?", (row,)):
                    ledger.excuse(int(found))
        return f"{kind} page of {name}"
    finally:
        handle.close()


def make_version_1(path, count, ledger):
    """A queue that an agent of version 1 left, with that many events that are owed."""
    with open(os.path.join(DATA, "schema_v1.sql"), encoding="utf-8") as file:
        script = file.read()
    handle = sqlite3.connect(path)
    try:
        handle.executescript(script + "DELETE FROM event; DELETE FROM delivery;"
                             "DELETE FROM webhook; PRAGMA journal_mode = WAL; BEGIN;")
        for row in range(100, 100 + count):
            number = ledger.next_number()
            handle.execute("INSERT INTO event VALUES(?, ?, 1, 1241000, ?)",
                           (row, str(number), event(number)))
            paths = [path for path, _, _ in WEBHOOKS if BITS[path] & matched(number)]
            handle.executemany(
                "INSERT INTO delivery VALUES(?, ?, 0, 0, 0, 0, '', '')",
                [(row * 65536 + place, "local:" + path[1:]) for place, path in enumerate(paths)])
            ledger.acknowledged(number)
        handle.commit()
    finally:
        handle.close()
