"""What is measured: each suite is a function that fills one section of the table."""

from . import crash, durable, fleet, kratix, pages, process, start

ALL = {
    "durable": durable.measure,
    "process": process.measure,
    "fleet": fleet.measure,
    "start": start.measure,
    "crash": crash.measure,
    "kratix": kratix.measure,
    "pages": pages.measure,
}
