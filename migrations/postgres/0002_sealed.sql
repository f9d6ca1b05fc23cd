-- Values that only who has the server's key can read, and the data keys they are sealed with.

-- The newest seals; the others still open. Each is wrapped by the key the server is given from outside.
create table data_key (
    id      bigint not null primary key,
    wrapped bytea  not null,
    created bigint not null
);

-- One row per value. It goes with its object.
create table sealed (
    uid      text collate "C" not null references object (uid) on delete cascade,
    key      text collate "C" not null,
    data_key bigint not null references data_key (id),
    bytes    bytea  not null,
    primary key (uid, key)
);
create index sealed_data_key on sealed (data_key);
