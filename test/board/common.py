"""What the parts of the board test share: the two kinds of failure, waiting with a bound, and the transcript."""
import time


# Put before a command that must not outlive the test, even where the test itself is killed.
WITH_US = ["setpriv", "--pdeathsig", "KILL"]


class HarnessError(Exception):
    """The test could not be carried out: emulator, image, transport or a helper program. Says nothing about the agent."""


class ShellTimeout(HarnessError):
    """A command on the board did not end in time."""


class ProductError(Exception):
    """The agent or its package did not do what it promises."""


def until(condition, limit, what, error=HarnessError, every=0.2):
    """Polls until the condition gives something true, which is returned; `error` when that takes longer than `limit` seconds."""
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise error(f"gave up after {limit} s waiting for {what}")
        time.sleep(every)


class Transcript:
    """Lines with the seconds since the start, on stdout at once."""

    def __init__(self):
        self.began = time.monotonic()

    def seconds(self):
        return time.monotonic() - self.began

    def say(self, text):
        print(f"[{self.seconds():6.1f}] {text}", flush=True)

    def show(self, text, indent="           | "):
        for line in text.rstrip("\n").splitlines():
            print(indent + line, flush=True)
