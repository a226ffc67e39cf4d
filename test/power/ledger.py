"""The events that are posted, the webhooks that they match, and what is owed to these."""
import json

TYPES = ("face", "car", "license_plate")
# Each webhook's path at the target, its filters, and whether it matches the event of that number.
# The last one must never hear of anything.
WEBHOOKS = (
    ("/everything", {}, lambda number: True),
    ("/faces", {"type_in": "face"}, lambda number: number % 3 == 0),
    ("/camera", {"camera_in": [1, 2]}, lambda number: number % 4 < 2),
    ("/nothing", {"camera_in": [99]}, lambda number: False),
)
BITS = {path: 1 << place for place, (path, _, _) in enumerate(WEBHOOKS)}
# Numbers that are equal modulo 12 match the same webhooks.
MATCHES = [sum(BITS[path] for path, _, matches in WEBHOOKS if matches(number))
           for number in range(12)]


def matched(number):
    """The webhooks that the event matches, as bits."""
    return MATCHES[number % 12]


def event(number):
    return json.dumps({"id": str(number), "type": TYPES[number % 3], "camera": number % 4 + 1,
                       "confidence": 0.91, "bs_type": "realtime", "matched": number % 2 == 0,
                       "created_date": "2025-05-14T08:01:12.301+00:00",
                       "features": {"headpose": {"yaw": 3.5, "pitch": -4.2, "roll": 1.8}}}).encode()


def definitions(url):
    return json.dumps([{"name": path[1:], "target": url + path, "filters": filters}
                       for path, filters, _ in WEBHOOKS])


class Ledger:
    """An event is owed from the moment that its 202 has been read, and not before."""

    def __init__(self):
        self._arrived = bytearray(1)  # by the event's number, the webhooks that have it
        self._owed = set()  # numbers of events that not every webhook has
        self.obligations = 0
        self.repeated = 0
        self.excused = 0
        self.lost = []
        self.faults = []

    def next_number(self):
        self._arrived.append(0)
        return len(self._arrived) - 1

    def acknowledged(self, number):
        self.obligations += matched(number).bit_count()
        if self._arrived[number] != matched(number):
            self._owed.add(number)

    def snapshot(self):
        """What is owed now, for owe_again()."""
        return {number: self._arrived[number] for number in self._owed}

    def owe_again(self, snapshot):
        """The queue is put back to what it was then."""
        for number, arrived in snapshot.items():
            self._arrived[number] = arrived
            self.obligations += (matched(number) & ~arrived).bit_count()
            self._owed.add(number)

    def excuse(self, number):
        """The event may be lost: the page that had it was destroyed."""
        if number in self._owed:
            missing = matched(number) & ~self._arrived[number]
            self.excused += missing.bit_count()
            self.obligations -= missing.bit_count()
            self._owed.discard(number)

    def delivered(self, path, body):
        """The target has answered 200."""
        try:
            number = int(json.loads(body)["id"])
            if body != event(number) or not 0 < number < len(self._arrived):
                raise ValueError
        except (ValueError, KeyError, TypeError):
            self.faults.append(f"{path} got what nobody posted: {body[:200]!r}")
            return
        bit = BITS.get(path, 0)
        if not bit & matched(number):
            self.faults.append(f"{path} got event {number}, which it does not match")
        elif bit & self._arrived[number]:
            self.repeated += 1
        self._arrived[number] |= bit
        if self._arrived[number] & matched(number) == matched(number):
            self._owed.discard(number)

    def owed(self):
        return len(self._owed)

    def give_up(self):
        """What is owed now is lost."""
        for number in sorted(self._owed):
            missing = matched(number) & ~self._arrived[number]
            self.lost += [(number, path) for path, bit in BITS.items() if bit & missing]
        self._owed.clear()
