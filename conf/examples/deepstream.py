#!/usr/bin/env python3
"""Makes events for ffl-agent of the messages of NVIDIA DeepStream's nvmsgconv: JSON messages of the
full schema (payload-type=0) or the minimal one (payload-type=1) on standard input, as a broker's
client prints them, on one line or several; NDJSON on standard output.

    kcat -C -u -b broker -t deepstream | ./deepstream.py --map map.json | ./producer.py

map.json says which numbers the filters know for what DeepStream has names for. All parts are
optional:
    {"cameras": {"sensor-0": 1}, "cards": {"CA 444": 12, "Alice": 7}, "types": {"suv": "car"}}
A sensor's id that is a number needs no entry. A card is found by a vehicle's licence or a face's
name. DeepStream reports an object again and again while it sees it: give the webhook a `cooldown`,
or configure DeepStream to send less often."""
import argparse
import codecs
import json
import re
import sys

TYPES = {"face": "face", "vehicle": "car", "car": "car", "license_plate": "license_plate",
         "licenseplate": "license_plate", "lpd": "license_plate"}
# The fields of the minimal schema behind "|#|". The last one is always the confidence.
FIELDS = {"car": ("type", "make", "model", "color", "license", "licenseState"),
          "face": ("gender", "age", "hair", "cap", "glasses", "facialhair", "name")}
UNTRACKED = {"", "-1", "18446744073709551615"}


def messages(stream):
    """The JSON values of a stream, however they are divided into lines."""
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    decoder, text, end = json.JSONDecoder(), "", False
    while not end:
        piece = stream.readline()
        end = not piece
        text = (text + decode(piece, end)).lstrip(" \t\r\n\0,")
        while text:
            try:
                value, used = decoder.raw_decode(text)
            except ValueError as error:
                # Incomplete, unless a message begins anew or nothing follows: then it is broken.
                again = re.search(r"\n\{", text)
                if not end and not again and len(text) < 1 << 20:
                    break
                print(f"deepstream: not JSON, left out: {error}", file=sys.stderr)
                text = text[again.start() + 1:] if again else ""
                continue
            yield value
            text = text[used:].lstrip(" \t\r\n\0,")


def number(value):
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def confidence_of(value):
    """DeepStream writes -0.1 where it has none."""
    value = number(value)
    return value if value is not None and 0 <= value <= 1 else None


class Converter:
    def __init__(self, names):
        self.cameras, self.cards = names.get("cameras", {}), names.get("cards", {})
        self.types = {**TYPES, **{key.lower(): type for key, type in names.get("types", {}).items()}}
        self.told = set()

    def say_once(self, text):
        if text not in self.told and len(self.told) < 1000:
            self.told.add(text)
            print("deepstream: " + text, file=sys.stderr)

    def convert(self, message):
        """The events of a message."""
        if not isinstance(message, dict):
            return []
        if isinstance(message.get("object"), dict):
            found = [self.full(message, message["object"])]
        elif isinstance(message.get("objects"), list):
            found = [self.minimal(message, text) for text in message["objects"] if isinstance(text, str)]
        else:
            self.say_once("a message has neither object nor objects: is it nvmsgconv's?")
            found = []
        return [event for event in found if event]

    def camera(self, sensor):
        sensor = str(sensor)
        known = self.cameras.get(sensor)
        if known is None and re.fullmatch(r"\d{1,18}", sensor):
            known = int(sensor)
        if known is None:
            self.say_once(f"sensor {sensor!r} has no number under cameras: no camera filter holds")
        return known

    def event(self, label, common, facts, confidence):
        type = self.types.get(label.lower())
        if type is None:
            self.say_once(f"objects of the type {label!r} are left out (types in the map name others)")
            return None
        event = {**common, "type": type, "bs_type": "realtime"}  # each sight is one of many
        if confidence is not None:
            event["confidence"] = confidence
        plate, name = facts.get("license") or "", facts.get("name") or ""
        if plate:
            event["license_plate_number"] = plate
        card = self.cards.get(plate or name) if plate or name else None
        event["matched"] = card is not None
        if card is not None:
            event["matched_card"] = card
        event["deepstream"] = {key: value for key, value in facts.items() if value not in ("", None)}
        return {key: value for key, value in event.items() if value is not None}

    def full(self, message, object):
        """One object a message; what it is, is the name of the part that describes it."""
        sensor = message.get("sensor") or {}
        parts = [key for key, value in object.items() if isinstance(value, dict) and
                 key not in ("bbox", "location", "coordinate", "pose", "embedding")]
        label = next((key for key in parts if key.lower() in self.types), parts[0] if parts else "?")
        facts = dict(object.get(label) or {})
        confidence = confidence_of(facts.pop("confidence", None))
        if object.get("id") is not None:
            facts["tracking_id"] = object["id"]
        box = object.get("bbox") or {}
        common = {"id": message.get("messageid"), "created_date": message.get("@timestamp"),
                  "camera": self.camera(sensor.get("id", "")),
                  "bbox": {"left": box.get("topleftx"), "top": box.get("toplefty"),
                           "right": box.get("bottomrightx"), "bottom": box.get("bottomrighty")}}
        return self.event(label, common, facts, confidence)

    def minimal(self, message, text):
        """A frame's objects, each "TRACK|LEFT|TOP|RIGHT|BOTTOM|TYPE|#|ATTRIBUTES|CONFIDENCE"."""
        parts = text.split("|#|")
        place, values = parts[0].split("|"), parts[1].split("|") if len(parts) > 1 else []
        if len(place) < 6:
            self.say_once("an object has fewer than six fields, left out")
            return None
        label = place[5]
        names = FIELDS.get(self.types.get(label.lower()), ())
        confidence = confidence_of(values[-1]) if values else None
        # Classifiers without a fixed schema write their labels alone: then the names would lie.
        facts = dict(zip(names, values[:-1])) if len(values) > len(names) else {"labels": values[:-1]}
        track = "" if place[0] in UNTRACKED else place[0]
        if track:
            facts["tracking_id"] = track
        sensor, time = str(message.get("sensorId", "")), message.get("@timestamp")
        box = [number(value) for value in place[1:5]]
        # Of an untracked object the place tells it apart from others in the frame.
        one = track or ",".join(place[1:5])
        common = {"id": f"{sensor}:{message.get('id', '')}:{time}:{one}"[:200], "created_date": time,
                  "camera": self.camera(sensor),
                  "bbox": dict(zip(("left", "top", "right", "bottom"), box))}
        return self.event(label, common, facts, confidence)


def main():
    options = argparse.ArgumentParser(description="DeepStream messages to ffl-agent's events.")
    options.add_argument("--map", help="JSON file with cameras, cards, types")
    given = options.parse_args()
    names = {}
    if given.map:
        with open(given.map, encoding="utf-8") as file:
            names = json.load(file)
    converter = Converter(names)
    for message in messages(sys.stdin.buffer):
        for event in converter.convert(message):
            print(json.dumps(event, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
