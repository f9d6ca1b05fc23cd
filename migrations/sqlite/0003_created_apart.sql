-- The index by time shares no leading column with the way to a name, and does not hold the identity: for want of fresh statistics PostgreSQL took
-- it for both, and read every object to find one.
drop index object_created;
create index object_created on object (api_group || '/' || kind, created);
