"""Load: producers on keep-alive connections. Each posts unique events one after another and enters what was answered 202 in the ledger."""
import http.client
import json
import threading
import time

EVERYTHING, FACES = "/everything", "/faces"  # the receiver's path of each webhook
WEBHOOKS = {EVERYTHING: {}, FACES: {"type_in": "face"}}  # and its filters


def event(event_id, number):
    """Faces, cars and plates in turn, and the paths of the webhooks that want the event."""
    body = {"id": event_id, "camera": number % 4 + 1, "confidence": 0.91, "bs_type": "realtime", "created_date": "2025-05-14T08:01:12.301+00:00"}
    kind = number % 3
    if kind == 0:
        body |= {"type": "face", "matched": True, "matched_card": number % 900 + 1,
                 "features": {"headpose": {"yaw": 3.5, "pitch": -4.2, "roll": 1.8}, "liveness": 0.93, "medmask": {"name": "none", "confidence": 0.98}}}
        return body, [EVERYTHING, FACES]
    if kind == 1:
        body |= {"type": "car", "matched": False, "orientation": "front", "special_type": {"name": "taxi", "confidence": 0.88}}
    else:
        body |= {"type": "license_plate", "matched": False, "license_plate_number": f"A{number % 1000:03}BC77"}
    return body, [EVERYTHING]


class Load:
    def __init__(self, port, token, ledger, name, connections=6):
        self._port, self._ledger, self._name = port, ledger, name
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.refused = 0  # 503: the queue is full, or the agent is starting
        self.unanswered = 0  # nobody knows whether these were taken; they are owed to nobody
        self.faults = []  # answers that must not be
        self._threads = [threading.Thread(target=self._produce, args=(number,), daemon=True) for number in range(connections)]

    def start(self):
        for thread in self._threads:
            thread.start()
        return self

    def pause(self, seconds):
        """Lets the load run."""
        self._stop.wait(seconds)

    def stop(self):
        """Ends the producers; call it after the cut, so that posts are under way at the cut."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _count(self, what):
        with self._lock:
            setattr(self, what, getattr(self, what) + 1)

    def _produce(self, producer):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        number = 0
        while not self._stop.is_set():
            number += 1
            # Now and then several in one body: taken as a whole or not at all.
            count = 5 if number % 10 == 0 else 1
            events = [event(f"{self._name}-{producer}-{number}-{part}", number + part) for part in range(count)]
            body = json.dumps([one for one, _ in events] if count > 1 else events[0][0])
            try:
                connection.request("POST", "/v1/events", body, self._headers)
                response = connection.getresponse()
                answer = response.read()
            except (OSError, http.client.HTTPException):
                self._count("unanswered")
                connection.close()
                time.sleep(0.05)  # the power is away: not a loop as fast as it goes
                continue
            if response.status == 202:
                self._taken(events, answer)
            elif response.status == 503:
                self._count("refused")
                self._stop.wait(float(response.headers.get("Retry-After", 1)))
            else:
                self.faults.append(f"{response.status} {answer.decode(errors='replace')}")
                return
        connection.close()

    def _taken(self, events, answer):
        said = json.loads(answer)
        owed = sum(len(paths) for _, paths in events)
        if said != {"accepted": len(events), "duplicates": 0, "deliveries": owed}:
            self.faults.append(f"{len(events)} events with {owed} deliveries were answered {said}")
        for one, paths in events:
            self._ledger.acknowledged(one["id"], paths)
