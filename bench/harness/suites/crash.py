"""B9 `crash-recovery`: kill -9 in the middle of a burst, restart, and count what the world saw.

Every step is an effect: a line in a ledger, which is a web service that nobody kills. The moment is drawn by lot: when a
share of all effects has happened. Submitting stops with the crash; only what was acknowledged counts.
"""

import random
import threading
import time
from contextlib import ExitStack, contextmanager

from .. import load, processes
from ..bench import DATABASES
from ..ledger import STEPS, open_ledger
from ..midspan import Api
from ..table import Row, Section

KEYED = Api("bench.example.com", "Keyed", "keyeds")
PROCESS = Api("bench.example.com", "Effect", "effects")
PATIENCE = 90
# On PostgreSQL the dead server's lease has to run out first: another server may be alive.
BARS = {"midspan-sqlite": ("0", "<= 1 s"), "midspan-postgres": ("0", "<= 12 s")}


def measure(bench):
    options = bench.options
    section = Section(f"B9 crash-recovery: kill -9 in a burst of {options.heavy:,} x 3 effects, {options.crashes} each")
    for name, title, prepare in contenders(bench):
        try:
            with open_ledger(bench.work / f"ledger-{name}.txt") as ledger:
                contender = prepare(ledger)
                lot = random.Random(f"{options.seed} {name}")
                crashes = [crash(contender, ledger, f"c{number}-", lot, bench) for number in range(options.crashes)]
        except Exception as error:  # a row that says so; the others are measured all the same
            section.rows.append(Row(title, note=f"FAILED: {error}"))
            if name.startswith("midspan"):
                bench.failures.append(f"{title}: {error}")
            continue
        section.raw[name] = crashes
        section.rows += rows(title, crashes, BARS.get(name.rpartition("-")[0], ("", "")))
    section.rows += [Row(title, note=f"not measured: {why}") for title, why in bench.missing.items() if "graphile" not in title]
    return [section]


def contenders(bench):
    databases = ["sqlite"] if bench.options.quick and "sqlite" in bench.options.databases else bench.options.databases
    for database in databases:
        for kind, api, document in (("http steps", KEYED, "keyed.yaml"), ("process steps", PROCESS, "effect.yaml")):
            name = f"midspan-{database}-{kind.split()[0]}"
            title = f"Midspan, {DATABASES[database]}, {kind}"
            yield name, title, lambda ledger, name=name, database=database, api=api, document=document: Ours(
                bench.midspan(name.replace("-", "_"), database), api, document, ledger, bench
            )
    if "restate" in bench.peers:
        for victim in ("server", "service"):
            yield f"restate-{victim}", f"Restate 1.7.12, {victim} killed", lambda ledger, victim=victim: Restate(bench, ledger, victim)
    if "dbos" in bench.peers:
        yield "dbos", "DBOS TS 5.3.0, process killed", lambda ledger: Dbos(bench, ledger)


def crash(contender, ledger, prefix, lot, bench):
    """One crash: what was lost, doubled and repeated, and how long it took."""
    count = bench.options.heavy
    share = lot.uniform(0.02, 0.9)
    with contender.running() as victim, contender.submitting(victim, prefix, count) as submitting:
        processes.until(lambda: ledger.count(prefix) >= share * len(STEPS) * count, patience=PATIENCE, pause=0.01, what="the moment to crash")
        contender.kill(victim)
        killed = time.time()
        names = submitting()
    with contender.running() as again:
        restarted = time.time()
        done = "all"
        try:
            processes.until(lambda: ledger.has_all(names, prefix), patience=PATIENCE, pause=0.05, what="the last effect")
            contender.settled(again, prefix, names)
        except processes.Failed as error:
            done = str(error)
        times = [moment / 1e6 for moment, *_ in ledger.effects(prefix)]
        verdict = ledger.verdict(names, prefix)
    # what was under way when it was killed may still arrive before the restart
    after = [moment for moment in times if moment > restarted]
    return {
        "acknowledged": len(names),
        "effects_before": len(times) - len(after),
        "lost": verdict.lost,
        "doubled": verdict.doubled,
        "repeated": verdict.repeated,
        "done": done,
        "first_s": min(after) - killed if after else 0.0,
        "drained_s": max(after) - killed if after else 0.0,
    }


def rows(title, crashes, bars):
    of = lambda name: [one[name] for one in crashes]
    unfinished = [one["done"] for one in crashes if one["done"] != "all"]
    total = lambda name: f"{sum(of(name)):,} in all"
    return [
        Row(f"{title}: lost effects", of("lost"), "", bars[0], total("lost"), "; ".join(unfinished[:1])),
        Row("  doubled (two keys for one effect)", of("doubled"), "", bars[0], total("doubled")),
        Row("  repeated under the same key", of("repeated"), "", "", total("repeated")),
        Row("  crash to first effect", of("first_s"), "s", bars[1]),
        Row("  crash to last effect", of("drained_s"), "s"),
    ]


@contextmanager
def generator(bench, prefix, count, target):
    """Submits beside the crash; the block gets what tells which names were acknowledged."""
    acked = bench.work / "acked.txt"
    options = {"acked": acked, "prefix": prefix, "count": count, "deadline": 30, "concurrency": bench.options.concurrency, **target}
    with load.running("submit", bench.work / "submit.log", **options) as submitting:

        def names():
            submitting.result()
            return acked.read_text().split()

        yield names


class Ours:
    """Midspan: the server is killed."""

    def __init__(self, midspan, api, document, ledger, bench):
        self.midspan, self.api, self.bench = midspan, api, bench
        with midspan.up() as server:
            host, port = ledger.address.split(":")
            # in a sandbox a process reaches no ledger unless its step says so
            network = "network: true" if bench.knows("--sandbox") else ""
            server.offer(document, api, ledger=ledger.address, host=host, port=port, network=network)

    def running(self):
        return self.midspan.up()

    def submitting(self, server, prefix, count):
        return generator(self.bench, prefix, count, server.target(self.api, prefix, count))

    def kill(self, server):
        processes.crash(server.process)

    def settled(self, server, prefix, names):
        """Every effect has happened; now the resources have to say so too."""
        file = self.bench.work / "names.txt"
        file.write_text("\n".join(names))
        load.call("wait", names=file, deadline=PATIENCE, **server.seen(self.api, prefix, len(names)))


class Restate:
    """Restate has two halves; either may die. The other one lives on."""

    def __init__(self, bench, ledger, victim):
        from ..peers.restate import Restate as Peer

        self.bench, self.ledger, self.victim = bench, ledger, victim
        self.peer = Peer(bench.work / f"restate-{victim}-crash")
        self.stack = None

    @contextmanager
    def running(self):
        # what survives the crash runs on until the end of the second block
        if self.stack:
            with self.stack, self.dying() as process:
                self.stack = None
                yield process
            return
        self.stack = ExitStack()
        self.stack.enter_context(self.living())
        with self.dying() as process:
            self.peer.register()
            yield process

    @contextmanager
    def dying(self):
        if self.victim == "server":
            with self.peer.server() as (process, _):
                yield process
        else:
            with self.peer.service(self.ledger.address) as process:
                yield process

    @contextmanager
    def living(self):
        if self.victim == "server":
            with self.peer.service(self.ledger.address):
                yield
        else:
            with self.peer.server():
                yield

    def submitting(self, _process, prefix, count):
        return generator(self.bench, prefix, count, self.peer.calls("run/send"))

    def kill(self, process):
        processes.crash(process)

    def settled(self, _process, _prefix, _names):
        pass


class Dbos:
    """DBOS is a library: who submits dies with it. What it had acknowledged is known from its output."""

    def __init__(self, bench, ledger):
        from ..peers.dbos import Dbos as Peer

        self.ledger = ledger
        self.peer = Peer(bench.work / "dbos-crash", bench.postgres, suffix="_crash")

    def running(self):
        return self.peer.up(LEDGER=self.ledger.address)

    @contextmanager
    def submitting(self, running, prefix, count):
        acknowledged = []

        def listen():
            for line in running.process.stdout:
                if '"acknowledged"' in line and line.endswith("\n"):
                    acknowledged.append(line.split('"')[3])

        listener = threading.Thread(target=listen)
        listener.start()
        running.order("submit", count, prefix)

        def names():
            listener.join(PATIENCE)
            return acknowledged

        yield names

    def kill(self, running):
        processes.crash(running.process)

    def settled(self, _running, _prefix, _names):
        pass
