"""B4 `fleet-reconcile`: a fleet of ready resources over a hundred destinations; one promise changes, all must follow.

A round applies two new versions of the promise: one that renders the same files (looked at, nothing to write), and one
that renders other files. Afterwards every file in the store is asked whether it is the newest.
"""

import subprocess
import time

from .. import load, processes
from ..midspan import Api
from ..table import Row, Section, faster

STORES = {"directory": "10 directory stores", "git": "one git repository"}
DESTINATIONS = 100


def measure(bench):
    return [fleet(bench, store) for store in STORES]


def fleet(bench, store):
    options = bench.options
    midspan = bench.midspan(f"fleet_{store}")
    places = bench.work / f"fleet-{store}"
    api = Api("fleet.example.com", f"{store.capitalize()}App", f"{store}apps")
    section = Section(f"B4 fleet-reconcile: {options.fleet:,} ready resources, {DESTINATIONS} destinations on {STORES[store]}, SQLite")
    same, other = [], []
    with midspan.up() as server:
        destinations(server, store, places)
        promise(server, api, store, "v0", "content-0")
        created = server.burst(api, "app-", options.fleet, options.concurrency)
        for number in range(1, options.rounds + 1):
            same.append(change(bench, server, api, store, f"v{number}-same", f"content-{number - 1}"))
            other.append(change(bench, server, api, store, f"v{number}", f"content-{number}"))
        memory = server.rss()
    written = count_files(store, places, f"content-{options.rounds}")
    if written != options.fleet:
        raise processes.Failed(f"all resources said they were ready, but {written} of {options.fleet} files are the newest")
    section.raw = {"created": created, "same files": same, "other files": other}
    of = lambda samples, name: [sample[name] for sample in samples]
    section.rows = [
        Row("create: first submit to last ready", [created["per_second"]], "/s"),
        Row("change, same files rendered", of(same, "per_second"), "/s", ">= 1,000 /s"),
        Row("change, other files rendered and written", of(other, "per_second"), "/s", ">= 500 /s"),
        *(Row(f"  to {share} %", of(other, f"p{share}_s"), "s") for share in (50, 90, 100)),
        Row("  processor time of the server", of(other, "cpu_s"), "s"),
        Row("  memory after the rounds", [memory], "MiB"),
        Row("  files that are the newest at the end", [written], "", f"= {options.fleet:,}"),
    ]
    if store == "git":
        section.rows += published(of(other, "per_second"))
    return section


# Objects per second that others publish for the same kind of work, and where.
PUBLISHED = [
    ("Flux 2.9, 1,000 Kustomizations", [3.9], "fluxcd/flux-benchmark, June 2026, 16-core runner, controller with 2 CPU"),
    ("Argo CD, 10,000 applications", [15, 18], "cnoe.io, 2023-11-21, 10 shards on 8 vCPU; 50,000 applications on 24 vCPU: 38-40 /s"),
    ("KubeVela, 12,000 applications", [17], "kubevela.github.io, 2021-08-30, one reconcile round of 12 minutes on 1.7 cores"),
]


def published(ours):
    for title, rates, source in PUBLISHED:
        yield Row(f"published: {title}", rates, "/s", beside=faster(ours, rates), note=f"not measured here: {source}")


def change(bench, server, api, store, version, content):
    """One new version of the promise, until everything made from it says that it is ready as that version."""
    seen = {**server.seen(api, "app-", bench.options.fleet), "version": version, "deadline": 600}
    with load.running("wait", bench.work / "wait.log", **seen) as waiting:
        waiting.line()
        cpu, begun = server.cpu(), time.time()
        promise(server, api, store, version, content)
        found = waiting.result()
        cpu = server.cpu() - cpu
    times = {f"p{share}_s": found[f"p{share}_us"] / 1e6 - begun for share in (50, 90, 100)}
    return {**times, "per_second": bench.options.fleet / times["p100_s"], "cpu_s": cpu}


def promise(server, api, store, version, content):
    words = {"version": version, "content": content, "store": store, "kind": api.kind, "plural": api.collection.rpartition("/")[2]}
    server.offer("fleet.yaml", api, **words)


def destinations(server, store, places):
    """Where the fleet's files go: written as a platform team would write it, and applied as one file."""
    documents = []
    if store == "git":
        processes.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", places])
        documents.append(state_store("fleet", {"git": {"url": str(places), "branch": "main"}}))
    for number in range(DESTINATIONS):
        name = "fleet" if store == "git" else f"fleet-{number % 10}"
        if store == "directory" and number < 10:
            (places / name).mkdir(parents=True)
            documents.append(state_store(name, {"directory": {"path": str(places / name)}}))
        metadata = {"name": f"{store}-{number:03}", "labels": {"fleet": store}}
        spec = {"path": f"clusters/{number:03}", "stateStoreRef": {"name": name}}
        documents.append({"apiVersion": "midspan.dev/v1alpha1", "kind": "Destination", "metadata": metadata, "spec": spec})
    server.apply_documents(documents)


def state_store(name, spec):
    return {"apiVersion": "midspan.dev/v1alpha1", "kind": "StateStore", "metadata": {"name": name}, "spec": spec}


def count_files(store, places, content):
    """How many files stand in the store with this content."""
    if store == "git":
        words = ["git", "-C", places, "grep", "--files-with-matches", "--word-regexp", "--fixed-strings", content, "main", "--", "clusters"]
    else:
        words = ["grep", "--recursive", "--files-with-matches", "--word-regexp", "--fixed-strings", content, places]
    return len(subprocess.run(words, capture_output=True, text=True).stdout.splitlines())
