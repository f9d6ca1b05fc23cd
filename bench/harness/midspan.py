"""Midspan as one of the contenders: its server, started as a company would, on either database."""

import json
import os
import string
import time
from contextlib import contextmanager

from . import load, processes
from .processes import ROOT, Failed

PROMISES = ROOT / "bench/promises"


class Api:
    """Where the resources of a promise are asked for."""

    def __init__(self, group, kind, plural, version="v1", spec='{"size":"small"}'):
        self.api_version, self.kind, self.spec = f"{group}/{version}", kind, spec
        self.collection = f"/apis/{group}/{version}/namespaces/default/{plural}"

    def body(self, name="{name}"):
        return f'{{"apiVersion":"{self.api_version}","kind":"{self.kind}","metadata":{{"name":"{name}"}},"spec":{self.spec}}}'


class Midspan:
    """A server with its data; may be started and crashed any number of times."""

    def __init__(self, binary, folder, database=None, arguments=()):
        self.binary, self.folder, self.database, self.arguments = binary, folder, database, list(arguments)
        self.log = folder.with_suffix(".log")
        folder.mkdir(parents=True)

    @contextmanager
    def up(self):
        address = f"127.0.0.1:{processes.free_port()}"
        words = [self.binary, "serve", "--data", self.folder, "--listen", address, *self.arguments]
        if self.database:
            words += ["--database", self.database]
        # the ledger of effects stands on this machine
        environment = processes.environment(MIDSPAN_HTTP_ALLOW="127.0.0.1")
        begun = time.perf_counter()
        with processes.started(words, self.log, cwd=self.folder, env=environment) as process:
            try:
                load.ready(address)
            except Failed as error:
                raise Failed(f"the server did not start: {error}\n{processes.tail(self.log)}") from error
            yield Server(self, process, address, (time.perf_counter() - begun) * 1000)


class Server:
    """A server that is up."""

    def __init__(self, midspan, process, address, started_ms):
        self.midspan, self.process, self.address, self.started_ms = midspan, process, address, started_ms
        files = ["admin-token", "dev/tokens/platform"]
        found = [midspan.folder / file for file in files if (midspan.folder / file).exists()]
        self.token = found[0].read_text().strip()

    def rss(self):
        return processes.rss_mib(self.process.pid)

    def cpu(self):
        return processes.cpu_seconds(self.process.pid)

    def apply(self, *files):
        """As a platform engineer would."""
        named = sum((["-f", file] for file in files), [])
        reach = processes.environment(MIDSPAN_SERVER=f"http://{self.address}", MIDSPAN_TOKEN=self.token)
        return processes.run([*processes.PRIORITY, self.midspan.binary, "apply", *named], env=reach)

    def apply_documents(self, documents):
        file = self.midspan.folder.with_suffix(".documents.yaml")
        file.write_text("\n---\n".join(json.dumps(document) for document in documents))
        self.apply(file)

    def offer(self, file, api, **words):
        """Applies a promise of ours, its `$words` filled in, and waits until its API is served."""
        self.apply(filled(PROMISES / file, self.midspan.folder.parent, **words))
        load.ready(self.address, f"{api.collection}?limit=1", self.token)

    def burst(self, api, prefix, count, concurrency):
        return load.call("burst", concurrency=concurrency, **self.target(api, prefix, count))

    def single(self, api, prefix, count):
        return load.call("single", **self.target(api, prefix, count))

    def target(self, api, prefix, count):
        return {**self.seen(api, prefix, count), "path": api.collection, "body": api.body()}

    def seen(self, api, prefix, count):
        return {"address": self.address, "token": self.token, "collection": api.collection, "prefix": prefix, "count": count}


def filled(template, folder, **words):
    """A document of the benchmark with its `$words` filled in, as a file."""
    text = string.Template(template.read_text()).substitute(words)
    file = folder / f"{template.stem}-{abs(hash(text)):x}.yaml"
    file.write_text(text)
    return file


def binary(options):
    if options.bin:
        path = options.bin.resolve()
        if not os.access(path, os.X_OK):
            raise Failed(f"{options.bin} is no program")
        return path
    processes.run(["cargo", "xtask", "dist"], cwd=ROOT, timeout=3600)
    return ROOT / "target/dist/midspan"
