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
    def __init__(self, address, file):
        self.address, self.file = address, file

    def effects(self, prefix):
        """(microseconds, name, step, key) of every effect of names that begin so, in the order they came."""
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        for line in lines:
            time, path, key = line.split(" ", 2)
            name, _, step = path.strip("/").rpartition("/")
            if name.startswith(prefix):
                yield int(time), name, step, key

    def count(self, prefix):
        return sum(1 for _ in self.effects(prefix))

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
