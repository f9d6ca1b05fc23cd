-- What resources are counted by, beside an index that holds all of it: how a fleet stands is told without reading one document.
alter table object add column made text collate "C" not null default '';
alter table object add column asked_by text collate "C" not null default '';
update object
set made = coalesce(document::jsonb -> 'status' ->> 'promiseVersion', ''),
    asked_by = coalesce(document::jsonb -> 'metadata' -> 'labels' ->> 'midspan.dev/requested-by', '')
where promise <> '';
create index object_fleet on object (promise, namespace, phase, made, asked_by, api_group, name, uid) where promise <> '';
-- The newest resources are found without passing over everything else that changed since.
create index object_fleet_version on object (version) where promise <> '';

-- Lists that people come back to: a name, and the filters as they stand in an address.
create table saved_view (
    id      text   collate "C" not null primary key,
    person  text   collate "C" not null,
    list    text   collate "C" not null,
    name    text   collate "C" not null,
    filters text   collate "C" not null,
    created bigint not null,
    unique (person, list, name)
);
