"""What every suite is given: the options, the binary, a place to work in, the databases, the peers."""

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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

    def midspan(self, suite, database="sqlite", arguments=()):
        """A new Midspan with data of its own."""
        name = f"midspan_{suite}_{database}_{next(self._numbers)}"
        url = self.postgres.get().database(name) if database == "postgres" else None
        return Midspan(self.binary, self.work / name, url, arguments)
