"""DBOS: workflows as a library, in the caller's process, on PostgreSQL."""

from ..postgres import DURABILITY
from .program import Program


class Dbos(Program):
    name = "dbos"
    title = "DBOS TS 5.3.0 + PG"
    durability = f"its PostgreSQL: {DURABILITY}"
