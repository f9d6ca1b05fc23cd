"""The generator (bench/load) as the suites call it."""

import json
import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

from . import processes
from .processes import ROOT, Failed

PROGRAM = None


def build():
    """Built once, optimised, before anything is measured."""
    global PROGRAM
    processes.run(["cargo", "build", "--quiet", "--release", "--package", "load"], cwd=ROOT)
    PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release/load"


def call(command, **options):
    """One command of the generator to its end; what it found out."""
    return found(processes.run(words(command, options)))


def ready(address, path="/readyz", token="", deadline=60):
    return call("ready", address=address, path=path, token=token, deadline=deadline)


@contextmanager
def running(command, log, **options):
    """A command of the generator beside something else. `result()` waits for its end."""
    with processes.started(words(command, options)[len(processes.PRIORITY):], log, pipes=True) as process:
        yield Running(process, log)


class Running:
    def __init__(self, process, log):
        self.process, self.log = process, log

    def line(self):
        return processes.line_of(self.process, self.log)

    def result(self, patience=600):
        try:
            said, _ = self.process.communicate(timeout=patience)
        except subprocess.TimeoutExpired as error:
            raise Failed(f"the generator did not end within {patience} s") from error
        if self.process.returncode:
            raise Failed(processes.tail(self.log))
        return found(said)


def found(said):
    """The last line is the result; what came before was for whoever waited for it."""
    return json.loads(said.strip().splitlines()[-1])


def words(command, options):
    pairs = [[f"--{name.replace('_', '-')}", str(value)] for name, value in options.items()]
    return [*processes.PRIORITY, str(PROGRAM), command, *sum(pairs, [])]
