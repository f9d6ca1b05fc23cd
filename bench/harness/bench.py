"""What every suite is given: the options, the binary, a place to work in, the databases, the peers."""

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import processes
from .midspan import Midspan

DATABASES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}


@dataclass
class Bench:
    options: Any
    binary: Path
    work: Path
    postgres: Any
    peers: dict = field(default_factory=dict)
    missing: dict = field(default_factory=dict)
    failures: list = field(default_factory=list)
    _numbers: Any = field(default_factory=itertools.count)
    _help: Any = None

    def knows(self, option):
        """Whether this binary's `serve` has an option."""
        if self._help is None:
            self._help = processes.run([self.binary, "serve", "--help"])
        return option in self._help

    def midspan(self, suite, database="sqlite", arguments=()):
        """A new Midspan with data of its own."""
        name = f"midspan_{suite}_{database}_{next(self._numbers)}"
        url = self.postgres.get().database(name) if database == "postgres" else None
        return Midspan(self.binary, self.work / name, url, arguments)
