"""What a campaign adds up, and the check at the end of each round."""
import json
import sys
import time

from server import drain


class Tally:
    """What a campaign adds up."""

    def __init__(self, name, minutes=None):
        self.name, self.began = name, time.monotonic()
        self.until = self.began + minutes * 60 if minutes else float("inf")
        self.faults = self.acknowledged = self.lost = self.damaged = self.twice = self.in_flight = 0
        self.more = {}

    def count(self, what, by=1):
        self.more[what] = self.more.get(what, 0) + by

    def rounds(self, count):
        """Counts up to the end, or until time is over."""
        for number in range(count):
            if time.monotonic() > self.until:
                return
            if number and number % 20 == 0:
                print(f"# {number} rounds, {self.acknowledged} acknowledged, {self.lost} lost", flush=True)
            yield number

    def round(self, mailboxes, missing, acknowledged, in_flight, twice_before):
        """One fault, checked."""
        self.faults += 1
        self.acknowledged += acknowledged
        self.lost += len(missing)
        self.in_flight = max(self.in_flight, in_flight)
        new = mailboxes.twice() - twice_before
        self.twice += new
        if new > in_flight:
            self.count("too_often_twice", new - in_flight)
        if missing:
            print(f"# LOST {missing[:5]}… after fault {self.faults}", file=sys.stderr)

    def end(self, table):
        result = {"campaign": self.name, "faults": self.faults, "acknowledged": self.acknowledged, "lost": self.lost, "damaged": self.damaged,
                  "twice": self.twice, "most_in_flight": self.in_flight, **self.more, "seconds": round(time.monotonic() - self.began, 1)}
        print("RESULT " + " ".join(f"{k}={v}" for k, v in result.items()), flush=True)
        if table:
            with open(table, "a") as f:
                f.write(json.dumps(result) + "\n")
        return 1 if self.lost or self.damaged or self.more.get("too_often_twice") else 0


def in_flight(load, server):
    """Messages whose 250 was not told, and those the journal had not seen delivered when the fault came."""
    return load.unanswered + server.recovery().get("waiting", 0)


def finish(server, load, boxes, tally):
    """A last start finds nothing more to deliver, and nothing twice."""
    twice = boxes.twice()
    if not server.start():
        raise SystemExit(f"the last start failed; see {server.log}")
    tally.count("waiting_at_end", server.recovery().get("waiting", 0))
    missing = drain(boxes, load.acknowledged)
    server.stop()
    boxes.look()
    tally.lost = len(missing)       # a message that came late has come
    tally.twice += boxes.twice() - twice
    tally.damaged = len(boxes.damaged)
