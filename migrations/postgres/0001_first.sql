-- The objects, the queue beside them, and what is kept about both.

-- One row per number that must only grow: `version` (the commit order), `fence` (of leases), `pruned` (the newest tombstone forgotten).
create table counter (
    name  text collate "C" not null primary key,
    value bigint  not null
);
insert into counter (name, value) values ('version', 0), ('fence', 0), ('pruned', 0);

-- Everything with an identity. The columns beside `document` are taken from it, for finding and sorting.
create table object (
    uid        text collate "C" not null primary key,
    api_group  text collate "C" not null,
    kind       text collate "C" not null,
    namespace  text collate "C" not null,
    name       text collate "C" not null,
    version    bigint  not null,
    generation bigint  not null,
    owner      text collate "C" not null,
    promise    text collate "C" not null,
    phase      text collate "C" not null,
    active     bigint  not null,
    created    bigint  not null,
    deleting   bigint  not null,
    document   text collate "C" not null
);
create unique index object_name on object (api_group, kind, namespace, name);
create unique index object_version on object (version);
create index object_created on object (api_group, kind, created, uid);
create index object_owner on object (owner) where owner <> '' and active = 1;
create index object_promise on object (promise, kind) where promise <> '';

create table label (
    uid   text collate "C" not null references object (uid) on delete cascade,
    key   text collate "C" not null,
    value text collate "C" not null,
    primary key (uid, key)
);
create index label_value on label (key, value);

-- What is left of a removed object, for those who watch: its last state, under the version of its removal.
create table removed (
    version   bigint  not null primary key,
    uid       text collate "C" not null,
    api_group text collate "C" not null,
    kind      text collate "C" not null,
    namespace text collate "C" not null,
    name      text collate "C" not null,
    document  text collate "C" not null
);

-- Keys to be looked at, each at its due time. `due` of a leased key is the lease's end, or an earlier wake-up since.
create table queue (
    key         text collate "C" not null primary key,
    lane        text collate "C" not null,
    due         bigint  not null,
    lease_owner text collate "C" not null,
    lease_until bigint  not null,
    fence       bigint  not null,
    wakes       bigint  not null
);
create index queue_ready on queue (lane, due) where lease_owner = '';
create index queue_due on queue (due) where lease_owner = '';
create index queue_leased on queue (lease_until) where lease_owner <> '';

create table replica (
    name  text collate "C" not null primary key,
    until bigint  not null
);

-- The bytes of files, named by their SHA-256.
create table blob (
    digest text collate "C" not null primary key,
    bytes  bytea not null
);

create table log (
    seq      bigint  not null generated always as identity primary key,
    run      text collate "C" not null,
    pipeline text collate "C" not null,
    step     text collate "C" not null,
    attempt  bigint  not null,
    at       bigint  not null,
    stream   text collate "C" not null,
    text     text collate "C" not null
);
create index log_run on log (run, seq);

create table event (
    seq       bigint  not null generated always as identity primary key,
    at        bigint  not null,
    namespace text collate "C" not null,
    subject   text collate "C" not null,
    reason    text collate "C" not null,
    message   text collate "C" not null,
    actor     text collate "C" not null,
    data      text collate "C" not null
);
create index event_subject on event (subject, seq);
create index event_namespace on event (namespace, seq);

create table audit (
    seq       bigint  not null generated always as identity primary key,
    at        bigint  not null,
    actor     text collate "C" not null,
    verb      text collate "C" not null,
    api_group text collate "C" not null,
    kind      text collate "C" not null,
    namespace text collate "C" not null,
    name      text collate "C" not null,
    uid       text collate "C" not null,
    outcome   text collate "C" not null,
    source    text collate "C" not null,
    data      text collate "C" not null
);
create index audit_uid on audit (uid, seq);
create index audit_actor on audit (actor, seq);

-- Tokens are kept as hashes: who reads the database cannot use them.
create table token (
    id      text collate "C" not null primary key,
    hash    text collate "C" not null unique,
    subject text collate "C" not null,
    name    text collate "C" not null,
    created bigint  not null,
    expires bigint  not null,
    used    bigint  not null,
    data    text collate "C" not null
);
create index token_subject on token (subject);

create table session (
    hash    text collate "C" not null primary key,
    data    bytea    not null,
    expires bigint  not null
);
create index session_expires on session (expires);
