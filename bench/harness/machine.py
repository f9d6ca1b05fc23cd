"""What the figures are measured on, and whether it is quiet enough to measure anything."""

import os
import platform
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

from . import processes
from .processes import ROOT


def check(options):
    """Refuses a machine whose cores are busy: its figures would be the other programs'."""
    pressure = cpu_pressure()
    if pressure is None or pressure <= options.max_pressure:
        return pressure
    said = f"other programs keep the cores busy (/proc/pressure/cpu some avg10={pressure})"
    if not options.quick:
        sys.exit(f"bench: {said}; try later, or raise --max-pressure")
    print(f"bench: {said}: this run shows that everything works, its figures say nothing", file=sys.stderr)
    return pressure


def cpu_pressure():
    try:
        return float(re.search(r"some avg10=([\d.]+)", Path("/proc/pressure/cpu").read_text()).group(1))
    except (OSError, AttributeError):
        return None


def choose_priority(options):
    """Product and peer both run under a real-time class where that is permitted, so that nothing else cuts in."""
    words = ["chrt", "--rr", "1"]
    permitted = options.realtime and shutil.which("chrt") and not subprocess.run([*words, "true"], capture_output=True).returncode
    processes.PRIORITY[:] = words if permitted else []


def facts(binary, work, pressure):
    cpu = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    changed = git("status", "--porcelain", "--untracked-files=no")
    return {
        "midspan": processes.run([binary, "--version"]).strip(),
        "commit": git("rev-parse", "--short", "HEAD") + (" with changes" if changed else ""),
        "binary": f"{binary.name}, {binary.stat().st_size / 1e6:.1f} MB",
        "kernel": platform.release(),
        "cpu": f"{os.cpu_count()} x {cpu.group(1).strip() if cpu else platform.machine()}",
        "memory": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB",
        "disk": filesystem(work),
        "priority": " ".join(processes.PRIORITY) or "normal",
        "cpu pressure before": pressure,
        "sqlite of the floor": sqlite3.sqlite_version,
        "python": platform.python_version(),
    }


def filesystem(path):
    """The kind of file system: durable commits in memory would be no figures."""
    try:
        kind = processes.run(["stat", "--file-system", "--format=%T", path]).strip()
    except processes.Failed:
        return "unknown"
    return f"{kind}: NOT DURABLE, set TMPDIR to a real disk" if kind in ("tmpfs", "ramfs") else kind


def git(*words):
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True).stdout.strip()
