"""deepstream.py of conf/examples: what the agent's filters read in the events that it makes."""
import json
import pathlib
import subprocess
import tempfile
import unittest

from common import BINARY, EXAMPLES, Agent, Process

MAP = {"cameras": {"entrance-lane": 21}, "cards": {"KX 731": 12, "Alice": 7}, "types": {"lorry": "car"}}
FULL_CAR = {
    "messageid": "5d0fe5a4-31e6-4b1c-8b7c-0a7f2a2a4a11", "mdsversion": "1.0", "@timestamp": "2026-03-01T08:15:30.250Z",
    "place": {"id": "1", "name": "north gate", "type": "gate"},
    "sensor": {"id": "entrance-lane", "type": "Camera", "description": "lane 1"},
    "analyticsModule": {"id": "m", "source": "lpr", "version": "1.0"},
    "object": {"id": "44", "speed": 0.0, "direction": 0.0, "orientation": 0.0,
               "vehicle": {"type": "sedan", "make": "M", "model": "X", "color": "red", "licenseState": "", "license": "KX 731",
                           "confidence": 0.875},
               "bbox": {"topleftx": 10, "toplefty": 20, "bottomrightx": 110, "bottomrighty": 80},
               "location": {"lat": 0.0, "lon": 0.0, "alt": 0.0}, "coordinate": {"x": 0.0, "y": 0.0, "z": 0.0}},
    "event": {"id": "e-1", "type": "entry"}, "videoPath": ""}
FULL_FACE = {**FULL_CAR, "messageid": "5d0fe5a4-31e6-4b1c-8b7c-0a7f2a2a4a12", "sensor": {"id": "3"},
             "object": {"id": "45", "face": {"age": 30, "gender": "", "name": "Alice", "confidence": 0.5}, "bbox": {}}}
MINIMAL = {"version": "4.0", "id": "1440", "@timestamp": "2026-03-01T08:15:31.000Z", "sensorId": "entrance-lane", "objects": [
    "957|570|478.37|609|507.717|Vehicle|#|sedan|M|X|red|KX 731||0.75", "958|1|2|3|4|Person|#|male|30|||coat|0.9",
    "-1|5|6|7|8|Face|#|female|30|||||Bob|||-0.1", "18446744073709551615|1|1|2|2|lorry|#|blue|0.6", "9|1|2"]}


def convert(text, names=MAP):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "map.json")
        path.write_text(json.dumps(names))
        done = subprocess.run([EXAMPLES / "deepstream.py", "--map", path], input=text.encode(), capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()


class DeepStream(unittest.TestCase):
    def test_reads_the_full_schema(self):
        (car, face), _ = convert(json.dumps(FULL_CAR, indent=2) + "\n" + json.dumps(FULL_FACE))
        self.assertEqual({key: car[key] for key in car if key not in ("bbox", "deepstream")}, {
            "id": FULL_CAR["messageid"], "created_date": "2026-03-01T08:15:30.250Z", "camera": 21, "type": "car",
            "bs_type": "realtime", "confidence": 0.875, "license_plate_number": "KX 731", "matched": True, "matched_card": 12})
        self.assertEqual(car["bbox"], {"left": 10, "top": 20, "right": 110, "bottom": 80})
        self.assertEqual(car["deepstream"]["color"], "red")
        self.assertEqual((face["type"], face["camera"], face["matched_card"]), ("face", 3, 7))

    def test_reads_the_minimal_schema(self):
        (car, face, lorry), said = convert(json.dumps(MINIMAL))
        self.assertEqual((car["type"], car["camera"], car["license_plate_number"], car["matched_card"], car["confidence"]),
                         ("car", 21, "KX 731", 12, 0.75))
        self.assertEqual(face["matched"], False)
        self.assertNotIn("confidence", face)  # DeepStream has none
        self.assertEqual((lorry["type"], lorry["confidence"], lorry["deepstream"]), ("car", 0.6, {"labels": ["blue"]}))
        self.assertEqual(len({car["id"], face["id"], lorry["id"]}), 3)
        self.assertIn("'Person'", said)
        self.assertIn("fewer than six", said)

    def test_reads_messages_however_they_are_divided(self):
        compact = json.dumps(FULL_CAR)
        for text in (compact + compact, f"{compact}\n\n{compact}", json.dumps(FULL_CAR, indent=1) * 2,
                     f"{compact}\n{{\"broken\": \n{compact}", f"nonsense\n{compact}\n{compact}\n{{\"cut"):
            events, _ = convert(text)
            self.assertEqual(len(events), 2, text)

    def test_says_what_has_no_number(self):
        (event,), said = convert(json.dumps(FULL_CAR), {})
        self.assertNotIn("camera", event)
        self.assertEqual(event["matched"], False)
        self.assertIn("'entrance-lane' has no number", said)

    def test_the_agents_filters_read_its_events(self):
        webhooks = [
            {"name": "gate", "target": "http://127.0.0.1:9/", "filters": {
                "type_in": "car", "camera_in": [21], "card_in": [12], "matched": True, "license_plate_number": "KX 731",
                "bs_type_in": "realtime", "confidence_gte": 0.7}},
            {"name": "face", "target": "http://127.0.0.1:9/", "filters": {"type_in": "face", "camera_in": 3, "card_in": 7}}]
        with Agent(BINARY, webhooks) as agent:
            made, _ = convert("\n".join(map(json.dumps, (FULL_CAR, FULL_FACE, MINIMAL))))
            with Process([EXAMPLES / "producer.py", "--url", agent.url]) as producer:
                for event in made:
                    producer.write(json.dumps(event).encode())
                self.assertEqual(producer.end(), 0, producer.lines)
            rows = agent.call("GET", "/v1/deliveries").json()["deliveries"]
            self.assertEqual(sorted(row["name"] for row in rows), ["face", "gate", "gate"])
