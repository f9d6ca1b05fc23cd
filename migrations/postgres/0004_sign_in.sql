-- Who has signed in, whose sessions there are, and what is good once.

-- A person is who their provider says (issuer, subject); the name is theirs alone from the first time on.
create table person (
    id       text collate "C" not null primary key,
    name     text collate "C" not null unique,
    issuer   text collate "C" not null,
    subject  text collate "C" not null,
    created  bigint not null,
    seen     bigint not null,
    disabled bigint not null,
    profile  text collate "C" not null
);
create unique index person_identity on person (issuer, subject);

-- What is good once and for a short time: a sign-in under way, a device that waits to be let in.
create table ticket (
    hash    text collate "C" not null primary key,
    kind    text collate "C" not null,
    data    text collate "C" not null,
    expires bigint not null
);
create index ticket_expires on ticket (expires);

-- `person` is empty before sign-in; `id` names a session to people without opening it.
alter table session add column id       text collate "C" not null default '';
alter table session add column person   text collate "C" not null default '';
alter table session add column provider text collate "C" not null default '';
alter table session add column sid      text collate "C" not null default '';
alter table session add column client   text collate "C" not null default '';
alter table session add column created  bigint not null default 0;
alter table session add column seen     bigint not null default 0;
create index session_person on session (person) where person <> '';
