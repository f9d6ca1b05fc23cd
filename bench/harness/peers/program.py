"""A peer that is a library: our program around it takes orders by lines (peers/common/asked.mjs)."""

import json
import time
from contextlib import contextmanager

from .. import node, processes


class Program:
    """The program in a peer's folder, on a PostgreSQL database of its own."""

    name = ""
    stands_beside = "postgres"

    def __init__(self, folder, postgres, suffix=""):
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / f"service{suffix}.log"
        self.installed = node.installed(self.name)
        self.node = node.node()
        self.database = postgres.get().database(f"{self.name}{suffix}")

    @contextmanager
    def up(self, **variables):
        begun = time.perf_counter()
        environment = processes.environment(DATABASE=self.database, NODE_ENV="production", **variables)
        words = [self.node, self.installed / "service.mjs"]
        with processes.started(words, self.log, cwd=self.installed, env=environment, pipes=True) as process:
            running = Running(process, self.log)
            running.answer()
            running.started_ms = (time.perf_counter() - begun) * 1000
            yield running


class Running:
    def __init__(self, process, log):
        self.process, self.log, self.started_ms = process, log, None

    def rss(self):
        return processes.rss_mib(self.process.pid)

    def order(self, *words):
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()

    def answer(self):
        return json.loads(processes.line_of(self.process, self.log))

    def burst(self, prefix, count):
        self.order("burst", count, prefix)
        return self.answer()

    def single(self, prefix, count):
        self.order("single", count, prefix)
        return self.answer()
