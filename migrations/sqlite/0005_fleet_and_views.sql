-- What resources are counted by, beside an index that holds all of it: how a fleet stands is told without reading one document.
alter table object add column made text not null default '';
alter table object add column asked_by text not null default '';
update object
set made = coalesce(json_extract(document, '$.status.promiseVersion'), ''),
    asked_by = coalesce(json_extract(document, '$.metadata.labels."midspan.dev/requested-by"'), '')
where promise <> '';
create index object_fleet on object (promise, namespace, phase, made, asked_by, api_group, name, uid) where promise <> '';
-- The newest resources are found without passing over everything else that changed since.
create index object_fleet_version on object (version) where promise <> '';

-- Lists that people come back to: a name, and the filters as they stand in an address.
create table saved_view (
    id      text    not null primary key,
    person  text    not null,
    list    text    not null,
    name    text    not null,
    filters text    not null,
    created integer not null,
    unique (person, list, name)
) strict, without rowid;
