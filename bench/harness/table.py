"""Rows, and the one table they become."""

import statistics
import textwrap
from dataclasses import dataclass, field


@dataclass
class Row:
    """One figure of one contender."""

    what: str
    samples: list = field(default_factory=list)
    unit: str = ""
    bar: str = ""
    beside: str = ""  # how Midspan stands against this, measured in the same run
    note: str = ""

    @property
    def value(self):
        return statistics.median(self.samples) if self.samples else None

    def record(self):
        return {name: value for name, value in {**vars(self), "value": self.value}.items() if value not in ("", [], None)}


@dataclass
class Section:
    """What belongs together, under one heading."""

    title: str
    rows: list = field(default_factory=list)
    raw: dict = field(default_factory=dict)
    seconds: float = 0.0

    def record(self):
        return {"title": self.title, "rows": [row.record() for row in self.rows], "raw": self.raw, "seconds": round(self.seconds, 1)}


def faster(ours, theirs, less_is_better=False):
    """How much faster ours is, the median of each: below 1 it is slower."""
    if not ours or not theirs:
        return ""
    ours, theirs = statistics.median(ours), statistics.median(theirs)
    if not ours or not theirs:
        return ""
    return f"{figure(theirs / ours if less_is_better else ours / theirs)} x as fast"


def printed(sections):
    widths = (52, 14, 18, 12)
    yield head(widths)
    for section in sections:
        yield ""
        yield section.title
        for row in section.rows:
            yield from lines(row, widths)


def head(widths):
    names = ("", "measured", "Midspan is", "bar", "rounds")
    line = "  ".join(f"{name:>{width}}" if place == 1 else f"{name:<{width}}" for place, (name, width) in enumerate(zip(names, widths)))
    return f"{line}  {names[4]}".rstrip()


def lines(row, widths):
    measured = f"{figure(row.value)} {row.unit}".strip() if row.samples else "-"
    cells = (f"  {row.what:<{widths[0] - 2}}", f"{measured:>{widths[1]}}", f"{row.beside:<{widths[2]}}", f"{row.bar:<{widths[3]}}")
    rounds = " ".join(figure(sample) for sample in row.samples[:10]) if len(row.samples) > 1 else ""
    yield f"{'  '.join(cells)}  {rounds}".rstrip()
    for line in textwrap.wrap(row.note, 120):
        yield f"      {line}"


def figure(value):
    """As many digits as can be meant."""
    if value is None:
        return "-"
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}".removesuffix(".00")
