"""B3 `process-pipeline`: three steps that each run a real process, against a bare loop of the same processes."""

import os

from .. import load
from ..midspan import Api
from ..table import Row, Section

API = Api("bench.example.com", "Process", "processes")
PROGRAM = "/bin/true"
STEPS = 3


def measure(bench):
    options = bench.options
    count = options.heavy
    midspan = bench.midspan("process")
    bursts, singles, bare, overheads, busy = [], [], [], [], []
    with midspan.up() as server:
        server.offer("process.yaml", API, program=PROGRAM)
        server.burst(API, "w-", 10, options.concurrency)
        for number in range(options.rounds):
            loop = load.call("spawn", program=PROGRAM, count=STEPS * count, concurrency=os.cpu_count())
            cpu = server.cpu()
            burst = server.burst(API, f"r{number}-", count, options.concurrency)
            busy.append((server.cpu() - cpu) / count / STEPS * 1000)
            singles.append(server.single(API, f"s{number}-", options.single // 4))
            bare.append(loop)
            bursts.append(burst)
            # what a step takes of the machine beyond the process itself
            overheads.append((1 / burst["per_second"] / STEPS - 1 / loop["per_second"]) * 1000)
        memory = server.rss()
    section = Section(f"B3 process-pipeline: {count:,} x 3 steps that each run {PROGRAM}, SQLite")
    section.raw = {"bursts": bursts, "singles": singles, "bare": bare, "busy_ms": busy}
    section.rows = [
        Row("Midspan, SQLite", [burst["per_second"] for burst in bursts], "/s", ">= 300 /s"),
        Row("  a step beyond a bare spawn", overheads, "ms", "<= 0.6 ms"),
        Row("  processor time of a step, its process included", busy, "ms"),
        Row("  one at a time, p50", [single["p50_ms"] for single in singles], "ms"),
        Row("  memory, after the rounds", [memory], "MiB"),
        Row(f"bare loop, {os.cpu_count()} at a time", [loop["per_second"] for loop in bare], "spawns/s"),
    ]
    return [section]
