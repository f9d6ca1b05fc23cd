"""The command line."""

import argparse
from pathlib import Path

SUITES = ["durable", "process", "fleet", "start", "crash", "kratix", "pages"]
PEERS = ["restate", "dbos", "graphile"]


def read():
    parser = argparse.ArgumentParser(
        prog="bench/run",
        description="Measures Midspan, and its peers beside it, on this machine, and prints one table.",
        epilog="bench/README.md says what each row means and how every contender is made durable.",
    )
    names = lambda known: lambda text: chosen(parser, text, known)
    parser.add_argument("--only", type=names(SUITES), default=SUITES, metavar="SUITES", help=f"these suites alone: {','.join(SUITES)}")
    parser.add_argument("--skip", type=names(SUITES), default=[], metavar="SUITES", help="all but these suites")
    parser.add_argument("--peers", type=names(PEERS), default=[], metavar="none|all|NAMES",
                        help=f"peers to measure in the same run: {','.join(PEERS)} (default none; installed from npm when needed)")
    parser.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both", help="Midspan's database (default both)")
    parser.add_argument("--bin", type=Path, metavar="FILE", help="the binary to measure (default: builds target/dist/midspan)")
    parser.add_argument("--rounds", type=positive, help="rounds of everything; the median counts (default 3)")
    parser.add_argument("--n", type=positive, help="resources in a burst (default 1000)")
    parser.add_argument("--single", type=positive, help="resources one at a time (default 200)")
    parser.add_argument("--fleet", type=positive, help="resources in the fleet (default 2000)")
    parser.add_argument("--crashes", type=positive, help="crashes of each contender (default 10)")
    parser.add_argument("--seed", type=int, default=1, help="of the crashes' moments (default 1)")
    parser.add_argument("--concurrency", type=positive, default=64, help="connections that submit (default 64)")
    parser.add_argument("--quick", action="store_true", help="small numbers and one round: shows that everything works")
    parser.add_argument("--max-pressure", type=float, default=10.0, help="refuse to start above this CPU pressure, avg10 (default 10)")
    parser.add_argument("--no-realtime", dest="realtime", action="store_false", help="do not run under chrt --rr 1")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write figures, raw samples and versions here")
    options = parser.parse_args()
    options.suites = [suite for suite in SUITES if suite in options.only and suite not in options.skip]
    options.databases = ["sqlite", "postgres"] if options.database == "both" else [options.database]
    full = {"rounds": 3, "n": 1000, "single": 200, "fleet": 2000, "crashes": 10}
    quick = {"rounds": 1, "n": 100, "single": 20, "fleet": 100, "crashes": 1}
    for name, default in (quick if options.quick else full).items():
        if getattr(options, name) is None:
            setattr(options, name, default)
    # what runs real processes, or is crashed, is slower by nature
    options.heavy = min(options.n, 40) if options.quick else options.n
    return options


def chosen(parser, text, known):
    if text in ("none", "all"):
        return [] if text == "none" else known
    names = text.split(",")
    for name in names:
        if name not in known:
            parser.error(f"there is no `{name}`; known are {', '.join(known)}")
    return names


def positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
