"""Kratix's own shape: a Kratix promise and many resource requests, from `apply` to all of them converged."""

import time

from .. import load
from ..midspan import Api
from ..table import Row, Section, faster

API = Api("bench.kratix.example.com", "NoopRequest", "nooprequests", spec='{"size":"small"}')
IMAGE = "registry.example.com/bench/noop:v1"
SIZES = [100, 500]
CONTAINER, BARE = "one container pipeline", "no workflows"
# Seconds that Kratix's own documents name for the same shape, and where.
PUBLISHED = {
    (CONTAINER, 100): (145, "not measured here: Kratix's pull request 846, tuned with --kube-api-qps 50 --kube-api-burst 100, one no-op pipeline"),
    (BARE, 500): (336, "not measured here: Kratix's docs/perf-rig-findings.md, one promise without workflows"),
}


def measure(bench):
    options = bench.options
    sizes = [20] if options.quick else SIZES
    section = Section("Kratix-shape: resource requests of a Kratix promise, `midspan apply` to all converged, SQLite")
    shapes = {CONTAINER: ("kratix-container.yaml", image_map(bench)), BARE: ("kratix-bare.yaml", [])}
    for shape, (document, arguments) in shapes.items():
        if arguments is None:
            section.rows.append(Row(shape, note="not measured: this binary's `serve` has no --image-map, so a container's image cannot be a local command"))
            continue
        with bench.midspan("kratix", arguments=arguments).up() as server:
            server.offer(document, API, image=IMAGE)
            for count in sizes:
                rounds = [converge(bench, server, f"{count}-{number}", count) for number in range(options.rounds)]
                section.raw[f"{shape}, {count}"] = rounds
                section.rows.append(Row(f"Midspan: {count} requests, {shape}", rounds, "s"))
                if (shape, count) in PUBLISHED:
                    seconds, source = PUBLISHED[shape, count]
                    beside = faster(rounds, [seconds], less_is_better=True)
                    section.rows.append(Row(f"published: Kratix, {count} requests, {shape}", [seconds], "s", beside=beside, note=source))
    return [section]


def converge(bench, server, prefix, count):
    """Seconds from the start of `midspan apply -f requests.yaml` to the last ready request."""
    names = [f"r{prefix}-{number:06}" for number in range(count)]
    requests = bench.work / f"requests-{prefix}.yaml"
    requests.write_text("\n---\n".join(API.body(name) for name in names) + "\n")
    with load.running("wait", bench.work / "wait.log", deadline=600, **server.seen(API, f"r{prefix}-", count)) as waiting:
        waiting.line()
        begun = time.time()
        server.apply(requests)
        return waiting.result()["p100_us"] / 1e6 - begun


def image_map(bench):
    """The arguments that make an image a local command, or None where `serve` cannot do that."""
    if not bench.knows("--image-map"):
        return None
    file = bench.work / "images.yaml"
    file.write_text(f'"{IMAGE}": {{command: [/bin/true]}}\n')
    return ["--image-map", str(file)]
