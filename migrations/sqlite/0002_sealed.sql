-- Values that only who has the server's key can read, and the data keys they are sealed with.

-- The newest seals; the others still open. Each is wrapped by the key the server is given from outside.
create table data_key (
    id      integer not null primary key,
    wrapped blob    not null,
    created integer not null
) strict;

-- One row per value. It goes with its object.
create table sealed (
    uid      text    not null references object (uid) on delete cascade,
    key      text    not null,
    data_key integer not null references data_key (id),
    bytes    blob    not null,
    primary key (uid, key)
) strict;
create index sealed_data_key on sealed (data_key);
