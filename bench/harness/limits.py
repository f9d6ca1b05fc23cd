"""What the machine allows: figures of the same run that products are held against."""

import sqlite3
import time


def sqlite_commits_per_second(path, seconds):
    """One transition per commit (a new version of a row, an event of 300 bytes), durable before the next."""
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript("""
        pragma journal_mode = wal; pragma synchronous = full;
        create table resource (id integer primary key, version integer not null, document text not null) strict;
        create table event (id integer primary key, resource integer not null, body text not null) strict;
        insert into resource values (1, 0, '');
    """)
    body, commits, begun = "x" * 300, 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        database.execute("begin immediate")
        database.execute("update resource set version = version + 1, document = ? where id = 1", (body,))
        database.execute("insert into event (resource, body) values (1, ?)", (body,))
        database.execute("commit")
        commits += 1
    took = time.perf_counter() - begun
    database.close()
    return commits / took
