-- The objects, the queue beside them, and what is kept about both.

-- One row per number that must only grow: `version` (the commit order), `fence` (of leases), `pruned` (the newest tombstone forgotten).
create table counter (
    name  text    not null primary key,
    value integer not null
) strict, without rowid;
insert into counter (name, value) values ('version', 0), ('fence', 0), ('pruned', 0);

-- Everything with an identity. The columns beside `document` are taken from it, for finding and sorting.
create table object (
    uid        text    not null primary key,
    api_group  text    not null,
    kind       text    not null,
    namespace  text    not null,
    name       text    not null,
    version    integer not null,
    generation integer not null,
    owner      text    not null,
    promise    text    not null,
    phase      text    not null,
    active     integer not null,
    created    integer not null,
    deleting   integer not null,
    document   text    not null
) strict;
create unique index object_name on object (api_group, kind, namespace, name);
create unique index object_version on object (version);
create index object_created on object (api_group, kind, created, uid);
create index object_owner on object (owner) where owner <> '' and active = 1;
create index object_promise on object (promise, kind) where promise <> '';

create table label (
    uid   text not null references object (uid) on delete cascade,
    key   text not null,
    value text not null,
    primary key (uid, key)
) strict, without rowid;
create index label_value on label (key, value);

-- What is left of a removed object, for those who watch: its last state, under the version of its removal.
create table removed (
    version   integer not null primary key,
    uid       text    not null,
    api_group text    not null,
    kind      text    not null,
    namespace text    not null,
    name      text    not null,
    document  text    not null
) strict;

-- Keys to be looked at, each at its due time. `due` of a leased key is the lease's end, or an earlier wake-up since.
create table queue (
    key         text    not null primary key,
    lane        text    not null,
    due         integer not null,
    lease_owner text    not null,
    lease_until integer not null,
    fence       integer not null,
    wakes       integer not null
) strict, without rowid;
create index queue_ready on queue (lane, due) where lease_owner = '';
create index queue_due on queue (due) where lease_owner = '';
create index queue_leased on queue (lease_until) where lease_owner <> '';

create table replica (
    name  text    not null primary key,
    until integer not null
) strict, without rowid;

-- The bytes of files, named by their SHA-256.
create table blob (
    digest text not null primary key,
    bytes  blob not null
) strict;

create table log (
    seq      integer not null primary key autoincrement,
    run      text    not null,
    pipeline text    not null,
    step     text    not null,
    attempt  integer not null,
    at       integer not null,
    stream   text    not null,
    text     text    not null
) strict;
create index log_run on log (run, seq);

create table event (
    seq       integer not null primary key autoincrement,
    at        integer not null,
    namespace text    not null,
    subject   text    not null,
    reason    text    not null,
    message   text    not null,
    actor     text    not null,
    data      text    not null
) strict;
create index event_subject on event (subject, seq);
create index event_namespace on event (namespace, seq);

create table audit (
    seq       integer not null primary key autoincrement,
    at        integer not null,
    actor     text    not null,
    verb      text    not null,
    api_group text    not null,
    kind      text    not null,
    namespace text    not null,
    name      text    not null,
    uid       text    not null,
    outcome   text    not null,
    source    text    not null,
    data      text    not null
) strict;
create index audit_uid on audit (uid, seq);
create index audit_actor on audit (actor, seq);

-- Tokens are kept as hashes: who reads the database cannot use them.
create table token (
    id      text    not null primary key,
    hash    text    not null unique,
    subject text    not null,
    name    text    not null,
    created integer not null,
    expires integer not null,
    used    integer not null,
    data    text    not null
) strict;
create index token_subject on token (subject);

create table session (
    hash    text    not null primary key,
    data    blob    not null,
    expires integer not null
) strict;
create index session_expires on session (expires);
