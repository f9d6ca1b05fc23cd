"""B6 `catalog-page`: what a person waits for and downloads, in a portal with many resources, as a browser asks."""

import json

from .. import load
from ..bench import DATABASES
from ..page import Page
from ..table import Row, Section, faster
from .kratix import API

CONNECTIONS = 32
RATE = 50
LIST = "/resources"
WEIGHED = {"home": "/", "catalog": "/catalog", "promise": "/catalog/noop-request", "form": "/catalog/noop-request/new", "resources": LIST}
WIDE_FORM = "/catalog/wide/new"
# A request API as large as the largest that people run: one that holds a whole pod template.
WIDE = {"sections": 20, "groups": 10, "fields": 14}


def measure(bench):
    count, seconds = (200, 2) if bench.options.quick else (10_000, 10)
    return [of_database(bench, database, count, seconds) for database in bench.options.databases]


def of_database(bench, database, count, seconds):
    section = Section(f"B6 catalog-page: {DATABASES[database]}, {count:,} resources")
    with bench.midspan("pages", database).up() as server:
        wide = fill(bench, server, count)
        section.rows += weights(server)
        section.rows += steady(bench, server, section.raw, seconds)
        section.rows += saturated(bench, server, section.raw, seconds)
        section.rows += wide_form(bench, server, section.raw, wide)
    return section


def fill(bench, server, count):
    """Resources without workflows, ready when they are asked for; and a promise with a schema of 300 kB, whose size is returned."""
    server.offer("kratix-bare.yaml", API)
    server.burst(API, "p-", count, bench.options.concurrency)
    promise = wide_promise()
    server.apply_documents([promise])
    load.ready(server.address, WIDE_FORM, server.token)
    schema = promise["spec"]["api"]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return len(json.dumps(schema))


def weights(server):
    """Compressed, as over the wire; the styles with each page, as if nobody had been here before."""
    pages = {name: Page(server, path) for name, path in WEIGHED.items()}
    largest = max(pages, key=lambda name: pages[name].document)
    weigh = lambda size: [round(size / 1000, 1)]
    return [
        Row(f"largest first page ({largest}), document and styles", weigh(pages[largest].document + pages[largest].styles), "kB", "<= 60 kB",
            note="documents: " + ", ".join(f"{name} {page.document / 1000:.1f} kB" for name, page in pages.items())),
        Row("all WebAssembly, brotli", weigh(max(page.wasm for page in pages.values())), "kB", "<= 200 kB"),
    ]


def steady(bench, server, raw, seconds):
    rows = []
    for title, path, bar in ((f"list at {RATE}/s: p99", LIST, "<= 15 ms"), (f"  filtered and sorted at {RATE}/s: p99", f"{LIST}?q=p-0001&sort=name", "<= 15 ms")):
        rounds = [pages(server, path, seconds, rate=RATE) for _ in range(bench.options.rounds)]
        raw[title.strip()] = rounds
        rows.append(Row(title, [one["p99_ms"] for one in rounds], "ms", bar, note=f"p50 {rounds[0]['p50_ms']} ms, {rounds[0]['bytes']:,} bytes"))
    return rows


def saturated(bench, server, raw, seconds):
    """The style sheet, served from memory by the same server, is what its HTTP and this machine allow."""
    styles = Page(server, "/catalog").style_paths()[0]
    rounds = [{"limit": pages(server, styles, seconds), "catalog": pages(server, "/catalog", seconds), "list": pages(server, LIST, seconds)} for _ in range(bench.options.rounds)]
    raw["saturated"] = rounds
    of = lambda name: [one[name]["per_second"] for one in rounds]
    return [
        Row(f"catalog, {CONNECTIONS} connections", of("catalog"), "/s", ">= 2,000/s"),
        Row(f"list, {CONNECTIONS} connections", of("list"), "/s"),
        Row("limit: a file from memory over the same HTTP", of("limit"), "/s", beside=faster(of("catalog"), of("limit"))),
    ]


def wide_form(bench, server, raw, size):
    rounds = [pages(server, WIDE_FORM, 3, connections=1) for _ in range(bench.options.rounds)]
    raw["wide form"] = rounds
    plain = len(Page(server, WIDE_FORM).text)
    return [Row(f"form of a schema of {size // 1000} kB: p50", [one["p50_ms"] for one in rounds], "ms", "<= 200 ms",
                note=f"{plain / 1000:.0f} kB of HTML (bar 300), {rounds[0]['bytes'] / 1000:.1f} kB over the wire")]


def pages(server, path, seconds, rate=0, connections=CONNECTIONS):
    return load.call("pages", address=server.address, token=server.token, path=path, seconds=seconds, rate=rate, connections=connections)


def wide_promise():
    field = lambda place: {"type": "string", "title": f"Field {place}", "description": f"What field number {place} of its group stands for, in a sentence."}
    group = lambda place: {"type": "object", "title": f"Group {place}", "properties": {f"field{n}": field(n) for n in range(WIDE["fields"])}}
    section = lambda place: {"type": "object", "title": f"Section {place}", "properties": {f"group{n}": group(n) for n in range(WIDE["groups"])}}
    spec = {"type": "object", "properties": {f"section{n}": section(n) for n in range(WIDE["sections"])}}
    schema = {"type": "object", "properties": {"spec": spec}}
    return {
        "apiVersion": "platform.kratix.io/v1alpha1", "kind": "Promise", "metadata": {"name": "wide"},
        "spec": {"api": {
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "wides.bench.kratix.example.com"},
            "spec": {"group": "bench.kratix.example.com", "names": {"kind": "Wide", "plural": "wides", "singular": "wide"}, "scope": "Namespaced",
                     "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}]},
        }},
    }
