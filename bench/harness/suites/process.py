"""B3 `process-pipeline`: three steps that each run a real process, against a bare loop of the same processes.

With the sandbox that commands have by default, and without. The sandbox's own price is measured by a bare loop too.
"""

import os

from .. import load, processes
from ..midspan import Api
from ..table import Row, Section

API = Api("bench.example.com", "Process", "processes")
PROGRAM = "/bin/true"
STEPS = 3
# The least that a sandbox of bubblewrap does: namespaces of its own, and the file system read only.
BUBBLE = "bwrap --unshare-all --die-with-parent --new-session --ro-bind / / --proc /proc --dev /dev --tmpfs /tmp"


def measure(bench):
    if not bench.knows("--sandbox"):
        ways = [("", [], PROGRAM)]
    else:
        ways = [(", no sandbox", ["--sandbox", "off"], PROGRAM)]
        if works(f"{BUBBLE} {PROGRAM}"):
            ways.append((", in the sandbox", ["--sandbox", "required"], f"{BUBBLE} {PROGRAM}"))
    section = Section(f"B3 process-pipeline: {bench.options.heavy:,} x 3 steps that each run {PROGRAM}, SQLite")
    for way, arguments, bare in ways:
        section.rows += rows(way, pipelines(bench, arguments, bare), section.raw)
    if bench.knows("--sandbox") and len(ways) == 1:
        section.rows.append(Row("Midspan, in the sandbox", note="not measured: bubblewrap is not installed, or not permitted"))
    return [section]


def works(line):
    try:
        processes.run(line.split())
        return True
    except processes.Failed:
        return False


def pipelines(bench, arguments, bare):
    """Every round: the bare loop, then the same number of processes as steps, then some one at a time."""
    options, rounds = bench.options, []
    with bench.midspan("process", arguments=arguments).up() as server:
        server.offer("process.yaml", API, program=PROGRAM)
        server.burst(API, "w-", 10, options.concurrency)
        for number in range(options.rounds):
            loop = load.call("spawn", program=bare, count=STEPS * options.heavy, concurrency=os.cpu_count())
            cpu = server.cpu()
            burst = server.burst(API, f"r{number}-", options.heavy, options.concurrency)
            cpu = server.cpu() - cpu
            single = server.single(API, f"s{number}-", max(1, options.single // 4))
            rounds.append({"bare": loop, "burst": burst, "single": single, "cpu_s": cpu, "rss_mib": server.rss()})
    return rounds


def rows(way, rounds, raw):
    raw[way.strip(", ") or "as it is"] = rounds
    step = lambda one: STEPS * one["burst"]["count"]
    # what a step takes of the machine beyond the process itself
    beyond = [(1 / one["burst"]["per_second"] / STEPS - 1 / one["bare"]["per_second"]) * 1000 for one in rounds]
    return [
        Row(f"Midspan, SQLite{way}", [one["burst"]["per_second"] for one in rounds], "/s", "" if "in the" in way else ">= 300 /s"),
        Row("  a step beyond a bare spawn", beyond, "ms", "<= 0.6 ms"),
        Row("  processor time of a step, its process included", [one["cpu_s"] / step(one) * 1000 for one in rounds], "ms"),
        Row("  one at a time, p50", [one["single"]["p50_ms"] for one in rounds], "ms"),
        Row("  memory, after each round", [one["rss_mib"] for one in rounds], "MiB"),
        Row(f"bare loop{way}, {os.cpu_count()} at a time", [one["bare"]["per_second"] for one in rounds], "/s"),
    ]
