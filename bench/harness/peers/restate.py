"""Restate: a server with its own log, and our steps in a service of its TypeScript SDK."""

import json
import time
import urllib.request
from contextlib import contextmanager

from .. import load, node, processes
from ..processes import Failed

CONFIG = """
disable-telemetry = true
log-filter = "warn"
bind-address = "127.0.0.1:{fabric}"
advertised-address = "http://127.0.0.1:{fabric}/"
[ingress]
bind-address = "127.0.0.1:{ingress}"
[admin]
bind-address = "127.0.0.1:{admin}"
"""


class Restate:
    name = "restate"
    title = "Restate 1.7.12"
    stands_beside = "sqlite"
    durability = "one node, defaults: every write-ahead log with fsync"

    def __init__(self, folder, _postgres=None):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.installed = node.installed(self.name)
        self.node = node.node()
        self.program = self.installed / "node_modules/@restatedev/restate-server-linux-x64/bin/restate-server"
        # the same over restarts: the server knows its service by address
        self.ports = {name: processes.free_port() for name in ("fabric", "ingress", "admin", "service")}
        self.config = folder / "config.toml"
        self.config.write_text(CONFIG.format(**self.ports))

    @contextmanager
    def server(self):
        """The server alone."""
        words = [self.program, "--no-logo", "--listen-mode", "tcp", "--config-file", self.config, "--base-dir", self.folder / "data"]
        log = self.folder / "server.log"
        begun = time.perf_counter()
        with processes.started(words, log, cwd=self.folder, env=processes.environment()) as process:
            try:
                load.ready(f"127.0.0.1:{self.ports['admin']}", path="/health")
            except Failed as error:
                raise Failed(f"Restate did not start: {error}\n{processes.tail(log)}") from error
            yield process, (time.perf_counter() - begun) * 1000

    @contextmanager
    def service(self, ledger=""):
        """The service with the steps."""
        environment = processes.environment(PORT=self.ports["service"], LEDGER=ledger, NODE_ENV="production")
        words = [self.node, self.installed / "service.mjs"]
        with processes.started(words, self.folder / "service.log", cwd=self.installed, env=environment) as process:
            yield process

    def register(self):
        """Tells the server where its service is, again and again until it has listened."""
        body = json.dumps({"uri": f"http://127.0.0.1:{self.ports['service']}", "force": True}).encode()
        admin = f"http://127.0.0.1:{self.ports['admin']}/deployments"
        ask = urllib.request.Request(admin, data=body, headers={"content-type": "application/json"}, method="POST")

        def registered():
            try:
                return urllib.request.urlopen(ask, timeout=30).status < 300
            except OSError:
                return False

        processes.until(registered, pause=0.1, what="Restate's registration of the service")

    @contextmanager
    def up(self):
        with self.server() as (server, started_ms), self.service() as service:
            self.register()
            yield Running(self, server, service, started_ms)

    def calls(self, way="run"):
        """How the generator asks for one workflow."""
        return {"address": f"127.0.0.1:{self.ports['ingress']}", "path": f"/Bench/{{name}}/{way}", "body": "{}"}


class Running:
    def __init__(self, restate, server, service, started_ms):
        self.restate, self.server, self.service, self.started_ms = restate, server, service, started_ms

    def rss(self):
        return processes.rss_mib(self.server.pid) + processes.rss_mib(self.service.pid)

    def burst(self, prefix, count):
        return load.call("calls", prefix=prefix, count=count, concurrency=count, **self.restate.calls())

    def single(self, prefix, count):
        return load.call("calls", prefix=prefix, count=count, concurrency=1, **self.restate.calls())
