"""The effect ledger: what really happened in the world, whoever says what about it."""

from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass

from . import load

STEPS = ("first", "second", "third")


@contextmanager
def open_ledger(file):
    """A ledger that lives as long as the block."""
    with load.running("ledger", file.with_suffix(".log"), file=file) as service:
        yield Ledger(service.line(), file)


@dataclass
class Verdict:
    """What became of the steps of everything that was acknowledged."""

    lost: int
    # the same effect under two keys: whoever receives it cannot know that it is the same
    doubled: int
    # the same effect once more under its key: whoever receives it can tell
    repeated: int


class Ledger:
    """Names are `PREFIX-NUMBER`; asked often, so each line is read once."""

    def __init__(self, address, file):
        self.address, self.file = address, file
        self.seen, self.known = 0, defaultdict(list)

    def effects(self, prefix):
        """(microseconds, name, step, key) of every effect of names that begin so, in the order they came."""
        with open(self.file, "rb") as file:
            file.seek(self.seen)
            whole = file.read().rpartition(b"\n")[0]
        if whole:
            self.seen += len(whole) + 1
            for line in whole.decode().splitlines():
                time, path, key = line.split(" ", 2)
                name, _, step = path.strip("/").rpartition("/")
                self.known[name.rpartition("-")[0]].append((int(time), name, step, key))
        return self.known[prefix.rstrip("-")]

    def count(self, prefix):
        return len(self.effects(prefix))

    def has_all(self, names, prefix):
        seen = {(name, step) for _, name, step, _ in self.effects(prefix)}
        return all((name, step) in seen for name in names for step in STEPS)

    def verdict(self, names, prefix):
        keys, calls = defaultdict(set), 0
        for _, name, step, key in self.effects(prefix):
            keys[name, step].add(key)
            calls += 1
        lost = sum((name, step) not in keys for name in names for step in STEPS)
        different = sum(len(known) for known in keys.values())
        return Verdict(lost, different - len(keys), calls - different)
