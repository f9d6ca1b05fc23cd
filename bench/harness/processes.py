"""Programs started by the benchmark: each is known by its pid, and is gone when its block ends."""

import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

# In front of everything that is measured, product and peer alike; filled by `machine.choose_priority`.
PRIORITY = []


class Failed(Exception):
    """Something that was measured, or is needed to measure it, did not do its part."""


class Unavailable(Failed):
    """Something that cannot be had on this machine; its row says why."""


def run(words, cwd=None, env=None, timeout=900):
    """Runs a program to its end and returns what it printed."""
    words = [str(word) for word in words]
    name = " ".join(words[len(PRIORITY) if words[: len(PRIORITY)] == PRIORITY else 0 :][:2])
    try:
        done = subprocess.run(words, cwd=cwd, env=env, text=True, capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL)
    except FileNotFoundError as error:
        raise Unavailable(f"{words[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{name} did not end within {timeout} s") from error
    if done.returncode:
        said = (done.stderr or done.stdout or "").strip()
        raise Failed(f"{name} failed with {done.returncode}: {said[-2000:]}")
    return done.stdout


@contextmanager
def started(words, log, cwd=None, env=None, pipes=False):
    """A program that runs as long as the block; asked to end by SIGTERM, by its pid."""
    words = [*PRIORITY, *(str(word) for word in words)]
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1} if pipes else {}
    with open(log, "ab") as sink:
        streams = {"stdin": subprocess.DEVNULL, "stdout": sink, **streams, "stderr": sink}
        try:
            process = subprocess.Popen(words, cwd=cwd, env=env, **streams)
        except FileNotFoundError as error:
            raise Unavailable(f"{words[0]} is not installed") from error
    try:
        yield process
    finally:
        stop(process)


def stop(process, patience=20):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            crash(process)
    for pipe in (process.stdin, process.stdout):
        if pipe:
            try:
                pipe.close()
            except BrokenPipeError:
                pass  # what was still to be said has nobody to hear it


def crash(process):
    """As the machine would do it: no warning, no last words."""
    process.send_signal(signal.SIGKILL)
    process.wait()


def line_of(process, log, patience=60):
    """The next line a program prints."""
    line = process.stdout.readline()
    if not line:
        process.wait(patience)
        raise Failed(f"{Path(process.args[-1]).name} ended with {process.returncode}: {tail(log)}")
    return line.strip()


def tail(log, length=1500):
    try:
        return Path(log).read_text(errors="replace")[-length:].strip()
    except OSError:
        return ""


def until(condition, patience=60, pause=0.002, what="it"):
    """Waits for a condition by asking, and says how long it took."""
    begun = time.monotonic()
    while time.monotonic() - begun < patience:
        if condition():
            return time.monotonic() - begun
        time.sleep(pause)
    raise Failed(f"{what} did not happen within {patience} s")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def rss_mib(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def cpu_seconds(pid):
    """What a process has used up, with the children it has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def environment(**more):
    """This program's environment without any setting of Midspan's, and with some variables more."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MIDSPAN_", "RESTATE_", "PG"))}
    return {**plain, **{name: str(value) for name, value in more.items()}}
