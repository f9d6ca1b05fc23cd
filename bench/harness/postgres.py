"""A durable PostgreSQL of our own: in the benchmark's directory, on loopback, stopped by its pid."""

import os
import pwd
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

from . import processes
from .processes import Failed, Unavailable

# Everything about durability is left as PostgreSQL has it; these only make room.
SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB", "max_connections": "200"}
DURABILITY = "fsync=on, synchronous_commit=on, full_page_writes=on"


class Postgres:
    def __init__(self, programs, port):
        self.programs, self.port = programs, port

    def database(self, name):
        """A new database; its address."""
        processes.run([self.programs / "createdb", "--host=127.0.0.1", f"--port={self.port}", "--username=bench", name])
        return f"postgres://bench@127.0.0.1:{self.port}/{name}"

    def version(self):
        return processes.run([self.programs / "postgres", "--version"]).strip()


@contextmanager
def server(work):
    """A cluster that lives as long as the block."""
    programs = installed()
    directory = work / "postgres"
    directory.mkdir()
    drop = []
    if os.geteuid() == 0:
        # PostgreSQL does not run as root
        try:
            account = pwd.getpwnam("postgres")
        except KeyError as error:
            raise Unavailable("PostgreSQL refuses to run as root, and there is no account `postgres`") from error
        os.chown(directory, account.pw_uid, account.pw_gid)
        work.chmod(0o711)
        drop = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
    data, log, port = directory / "data", work / "postgres.log", processes.free_port()
    make = ["--username=bench", "--auth=trust", "--encoding=UTF8", "--locale=C"]
    processes.run([*drop, programs / "initdb", *make, "-D", data], cwd=directory)
    settings = sum((["-c", f"{name}={value}"] for name, value in SETTINGS.items()), [])
    words = [*drop, programs / "postgres", "-D", data, "-k", directory, "-h", "127.0.0.1", "-p", port, *settings]
    ask = [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    with processes.started(words, log, cwd=directory) as process:
        try:
            processes.until(lambda: process.poll() is not None or not subprocess.run(ask).returncode, pause=0.05, what="PostgreSQL's first answer")
            if process.poll() is not None:
                raise Failed(f"PostgreSQL ended: {processes.tail(log)}")
            yield Postgres(programs, port)
        finally:
            # "fast": ends the sessions that are still open
            process.send_signal(subprocess.signal.SIGINT)
            process.wait(30)


def installed():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    if on_path is None:
        raise Unavailable("PostgreSQL is not installed")
    return Path(on_path).resolve().parent
