-- Who has signed in, whose sessions there are, and what is good once.

-- A person is who their provider says (issuer, subject); the name is theirs alone from the first time on.
create table person (
    id       text    not null primary key,
    name     text    not null unique,
    issuer   text    not null,
    subject  text    not null,
    created  integer not null,
    seen     integer not null,
    disabled integer not null,
    profile  text    not null
) strict;
create unique index person_identity on person (issuer, subject);

-- What is good once and for a short time: a sign-in under way, a device that waits to be let in.
create table ticket (
    hash    text    not null primary key,
    kind    text    not null,
    data    text    not null,
    expires integer not null
) strict;
create index ticket_expires on ticket (expires);

-- `person` is empty before sign-in; `id` names a session to people without opening it.
alter table session add column id       text    not null default '';
alter table session add column person   text    not null default '';
alter table session add column provider text    not null default '';
alter table session add column sid      text    not null default '';
alter table session add column client   text    not null default '';
alter table session add column created  integer not null default 0;
alter table session add column seen     integer not null default 0;
create index session_person on session (person) where person <> '';
