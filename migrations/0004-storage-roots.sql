-- The folders that footage is written to, each meant to be on a disk of its own. A root is known by the id in its marker
-- file `.nightjar`; which folder it is mounted on is a setting, and not here. Its name is what the settings called it
-- last. A root stays while it has footage or a camera, also when the settings name it no more.
create table roots (
  key integer primary key,
  id text not null unique check (length(id) = 36),
  name text not null unique check (length(name) between 1 and 64),
  created_ms integer not null
) strict;

-- All footage so far lies in one folder: it becomes the root `default`, with a random UUID (version 4).
insert into roots (id, name, created_ms)
select lower(
    hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-'
    || substr('89AB', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))),
  'default', coalesce((select created_ms from installation), 0)
where exists (select 1 from segments);

-- Where the file lies. Never null: the schema cannot say so of a column that is added with a reference.
alter table segments add column root_key integer references roots (key);
update segments set root_key = (select key from roots where name = 'default');

-- Oldest first in one root, for retention.
create index segments_closed_by_root_end on segments (root_key, end_ms) where state = 'closed';

-- Where the camera's footage is to go; null: the root `default`.
alter table cameras add column root_key integer references roots (key);
