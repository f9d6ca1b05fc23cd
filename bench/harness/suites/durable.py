"""B1 `durable-burst` and B2 `durable-latency`: three durable in-process steps, many at once and one at a time.

Everybody is started in every round, warmed with a small burst, measured, and stopped: nobody runs beside anybody else,
and everybody's data grows from round to round.
"""

from .. import limits
from ..bench import DATABASES
from ..midspan import Api
from ..table import Row, Section, faster

API = Api("bench.example.com", "Noop", "noops")
WARM = 50
BARS = {
    "sqlite": (">= 2,000 /s", "<= 3 ms", "<= 10 ms"),
    "postgres": (">= 800 /s", "<= 5 ms", ""),
}


def measure(bench):
    options = bench.options
    contenders = {name: Ours(bench, name) for name in options.databases} | {name: Peer(peer) for name, peer in bench.peers.items()}
    floor, broken = [], {}
    for number in range(options.rounds):
        floor.append(limits.sqlite_commits_per_second(bench.work / f"floor-{number}.db", 0.3 if options.quick else 1.5))
        for name, contender in contenders.items():
            if name in broken:
                continue
            try:
                contender.round(number, options)
            except Exception as error:  # a row that says so; the others are measured all the same
                broken[name] = f"FAILED in round {number + 1}: {error}"
                if name not in bench.peers:
                    bench.failures.append(f"{contender.title}: {error}")
    return [burst(bench, contenders, broken, floor), single(bench, contenders, broken), footprint(contenders)]


class Contender:
    def __init__(self, title, beside):
        self.title, self.beside = title, beside
        self.bursts, self.singles, self.starts, self.idle, self.after = [], [], [], [], []

    def round(self, number, options):
        with self.up() as running:
            self.starts.append(running.started_ms)
            self.idle.append(running.rss())
            self.fire(running, "burst", f"w{number}-", WARM, options)
            self.bursts.append(self.fire(running, "burst", f"b{number}-", options.n, options))
            self.singles.append(self.fire(running, "single", f"s{number}-", options.single, options))
            self.after.append(running.rss())

    def taken(self, of, name):
        return [sample[name] for sample in getattr(self, of) if name in sample]

    def record(self):
        return {name: getattr(self, name) for name in ("bursts", "singles", "starts", "idle", "after")}


class Ours(Contender):
    def __init__(self, bench, database):
        super().__init__(f"Midspan, {DATABASES[database]}", None)
        self.midspan = bench.midspan("durable", database)
        self.offered = False

    def up(self):
        return self.midspan.up()

    def fire(self, running, command, prefix, count, options):
        if not self.offered:
            running.offer("noop.yaml", API)
            self.offered = True
        if command == "burst":
            return running.burst(API, prefix, count, options.concurrency)
        return running.single(API, prefix, count)


class Peer(Contender):
    def __init__(self, peer):
        super().__init__(peer.title, peer.stands_beside)
        self.peer = peer

    def up(self):
        return self.peer.up()

    def fire(self, running, command, prefix, count, _options):
        return running.burst(prefix, count) if command == "burst" else running.single(prefix, count)


def burst(bench, contenders, broken, floor):
    section = Section(f"B1 durable-burst: {bench.options.n:,} x 3 durable steps, first submit to last done")
    section.raw = {name: contender.record() for name, contender in contenders.items()} | {"floor": floor}
    for name, contender in contenders.items():
        beside = stands(contenders, contender, "bursts", "per_second")
        bar = BARS.get(name, ("",))[0]
        section.rows.append(Row(contender.title, contender.taken("bursts", "per_second"), "/s", bar, beside, broken.get(name, "")))
        section.rows.append(Row("  p50 of submit to done", contender.taken("bursts", "p50_ms"), "ms"))
        section.rows.append(Row("  p99", contender.taken("bursts", "p99_ms"), "ms"))
    ours = contenders.get("sqlite")
    beside = faster(ours.taken("bursts", "per_second"), floor) if ours else ""
    section.rows.append(Row("floor: SQLite commits, one at a time", floor, "/s", beside=beside))
    section.rows += [Row(title, note=f"not measured: {why}") for title, why in bench.missing.items()]
    return section


def single(bench, contenders, broken):
    section = Section(f"B2 durable-latency: one at a time, submit to done, {bench.options.single} per round")
    for name, contender in contenders.items():
        if name in broken:
            continue
        _, p50_bar, p99_bar = BARS.get(name, ("", "", ""))
        beside = stands(contenders, contender, "singles", "p50_ms", less_is_better=True)
        section.rows.append(Row(f"{contender.title}: p50", contender.taken("singles", "p50_ms"), "ms", p50_bar, beside))
        section.rows.append(Row("  p99", contender.taken("singles", "p99_ms"), "ms", p99_bar))
    return section


def footprint(contenders):
    section = Section("B1, B2: start and memory of everybody (PostgreSQL not counted)")
    for contender in contenders.values():
        if contender.starts:
            section.rows.append(Row(f"{contender.title}: start to first answer", contender.starts, "ms"))
            section.rows.append(Row("  memory, just started", contender.idle, "MiB"))
            section.rows.append(Row("  memory, after the round", contender.after, "MiB"))
    return section


def stands(contenders, contender, of, name, less_is_better=False):
    """How Midspan, on the database that is fair, stands against a peer."""
    ours = contenders.get(contender.beside)
    return faster(ours.taken(of, name), contender.taken(of, name), less_is_better) if ours else ""
