#!/usr/bin/env python3
"""Opens a door for ffl-agent's callbacks: a receiver (receiver.py, beside this file) for a relay.

    ./door.py --secret-file secrets                             # prints instead of opening
    ./door.py --secret-file secrets --gpio gpiochip0:17 --open-for 3

- Opens at most once for each webhook-id, whatever is repeated.
- Does not open for an event that is older than --max-age, by its own time (created_date, timestamp
  or @timestamp): whoever it was for has gone. An event without a time is taken for old, and so is
  one from the future: then a clock is wrong.
- Does not open for a test that a person sent (ffl-test).
What is not opened for is answered 204 all the same: the agent would try again otherwise, and open
later still. Set `max_age` for this webhook in the agent too: it spares the way here."""
import datetime
import math
import re
import subprocess
import sys
import time

import receiver

FUTURE_S = 5.0


def open_door(gpio, seconds, opening):
    """Switches the relay for some seconds, without waiting for it. Replace this for another relay;
    an exception is answered 500, and the agent tries again."""
    if gpio is None:
        receiver.say("open the door")
        return
    if opening and opening[-1].poll() is None:
        return  # it is open
    chip, _, line = gpio.rpartition(":")
    version = subprocess.run(["gpioset", "--version"], capture_output=True, text=True, check=True).stdout
    if re.search(r"v1\.", version):  # libgpiod 1, of Debian 11 and 12
        parts = divmod(int(seconds * 1_000_000), 1_000_000)
        command = ["gpioset", "--mode=time", f"--sec={parts[0]}", f"--usec={parts[1]}", chip, f"{line}=1"]
    else:
        command = ["gpioset", "--toggle", f"{int(seconds * 1000)}ms,0", "--chip", chip, f"{line}=1"]
    opening[:] = [subprocess.Popen(command)]


def time_of(event):
    """Unix seconds, or None."""
    for name in ("created_date", "timestamp", "@timestamp"):
        value = event.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
            return value / 1000 if value > 1e11 else float(value)
        if isinstance(value, str):
            # Python before 3.11 reads three or six digits behind the second, and no Z.
            text = re.sub(r"\.(\d+)", lambda part: "." + (part[1] + "00000")[:6], value.strip())
            try:
                found = datetime.datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", text))
            except ValueError:
                continue
            if found.tzinfo is None:
                continue  # in which zone?
            return found.timestamp()
    return None


def reason_to_stay_shut(event, headers, max_age, now=None):
    """Empty: open."""
    if headers.get("ffl-test") == "1":
        return "a test"
    if isinstance(event, list) and len(event) == 1:
        event = event[0]  # delivery.body = array
    at = time_of(event) if isinstance(event, dict) else None
    if at is None:
        return "the event has no time"
    age = (time.time() if now is None else now) - at
    if age > max_age:
        return f"{age:.1f} s old"
    return f"{-age:.1f} s in the future" if age < -FUTURE_S else ""


def main():
    options = receiver.parser("Opens a door for ffl-agent's callbacks.")
    options.add_argument("--max-age", type=float, default=10.0, help="seconds")
    options.add_argument("--gpio", help="CHIP:LINE for gpioset, such as gpiochip0:17")
    options.add_argument("--open-for", type=float, default=3.0, help="seconds")
    given = options.parse_args()
    opening = []

    def work(event, headers):
        reason = reason_to_stay_shut(event, headers, given.max_age)
        if reason:
            receiver.say(f"stays shut: {reason}")
        else:
            open_door(given.gpio, given.open_for, opening)

    receiver.serve(given, work, at_most_once=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError) as fault:
        sys.exit(f"door: {fault}")
