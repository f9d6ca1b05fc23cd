"""What else does durable work, doing the same reference job: workflows of three trivial durable steps.

Each peer is a class with `title`, `durability`, `stands_beside` (Midspan's database it is held against), `up()`, whose
block gets `started_ms`, `rss()`, `burst(prefix, count)` and `single(prefix, count)`, and, where it claims to survive a
crash, `crashes`: the variants of it.
"""

from .dbos import Dbos
from .graphile import Graphile
from .restate import Restate

KINDS = {"restate": Restate, "dbos": Dbos, "graphile": Graphile}


def chosen(options, work, postgres):
    """Those that were asked for, ready to start; and why the others are not."""
    ready, missing = {}, {}
    wanted = options.peers if {"durable", "crash"} & set(options.suites) else []
    for name in wanted:
        try:
            ready[name] = KINDS[name](work / name, postgres)
        except Exception as error:  # whatever it is: a peer that is missing is a row, not an end
            missing[KINDS[name].title] = str(error)
    return ready, missing
