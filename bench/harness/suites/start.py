"""B8 `cold-start`: from exec to the first answers, as it is run in production; memory when nothing happens."""

import time

from .. import load
from ..bench import DATABASES
from ..table import Row, Section
from .durable import API

STARTS = 5
PAGE = "/catalog"


def measure(bench):
    starts = 1 if bench.options.quick else STARTS
    section = Section(f"B8 cold-start: exec to the first answer, {starts} each")
    for database in bench.options.databases:
        name = DATABASES[database]
        empty = [start(bench.midspan(f"start_{number}", database)) for number in range(starts)]
        bar = ("<= 50 ms", "<= 300 ms", "<= 40 MiB") if database == "sqlite" else ("", "", "")
        section.rows += rows(f"Midspan, {name}, empty database", empty, bar[0], bar[2])
        full = bench.midspan("start_full", database)
        with full.up() as server:
            server.offer("noop.yaml", API)
            server.burst(API, "f-", bench.options.n, bench.options.concurrency)
        again = [start(full) for _ in range(starts)]
        section.rows += rows(f"Midspan, {name}, {bench.options.n:,} resources", again, bar[1], bar[2])
        section.raw |= {f"{database}, empty": empty, f"{database}, full": again}
    dev = [start(bench.midspan(f"start_dev_{number}", arguments=["--dev"])) for number in range(starts)]
    section.rows += rows("information: --dev, empty, seeds a catalog", dev, "", "")
    section.raw["dev"] = dev
    return [section]


def start(midspan):
    begun = time.perf_counter()
    with midspan.up() as server:
        load.ready(server.address, PAGE, server.token)
        page = (time.perf_counter() - begun) * 1000
        return {"ready_ms": server.started_ms, "page_ms": page, "rss_mib": server.rss()}


def rows(title, starts, bar, memory_bar):
    of = lambda name: [one[name] for one in starts]
    return [
        Row(f"{title}: /readyz", of("ready_ms"), "ms", bar),
        Row(f"  first page with a token ({PAGE})", of("page_ms"), "ms"),
        Row("  memory", of("rss_mib"), "MiB", memory_bar),
    ]
