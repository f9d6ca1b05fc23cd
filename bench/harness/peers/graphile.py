"""graphile-worker: a job queue as a library, in the caller's process, on PostgreSQL."""

from ..postgres import DURABILITY
from .program import Program


class Graphile(Program):
    name = "graphile"
    title = "graphile-worker 0.18.0 + PG"
    durability = f"its PostgreSQL: {DURABILITY}"
