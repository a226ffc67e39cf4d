"""Ledger: what the agent owes. An event becomes an obligation the moment that its 202 has been read, and not before."""
import json
import threading

from common import ProductError


class Ledger:
    def __init__(self, path):
        self._lock = threading.Lock()
        self._file = open(path, "a", encoding="utf-8")  # for whoever looks into a loss later
        self._owed = set()
        self.events = 0

    def acknowledged(self, event_id, paths):
        """The event was answered 202; it matches the webhooks of these paths."""
        with self._lock:
            self.events += 1
            self._owed.update((path, event_id) for path in paths)
            self._file.write(json.dumps({"event_id": event_id, "paths": paths}) + "\n")
            self._file.flush()

    def owed(self):
        with self._lock:
            return len(self._owed)

    def missing(self, arrived):
        with self._lock:
            return sorted(self._owed - arrived.keys())


def repeats(arrived):
    """How many callbacks came again. Allowed after a cut, but then under the id of the first time."""
    for (path, event_id), ids in arrived.items():
        if len(set(ids)) > 1:
            raise ProductError(f"event {event_id} came to {path} under different webhook-ids: {sorted(set(ids))}")
    return sum(len(ids) - 1 for ids in arrived.values())
