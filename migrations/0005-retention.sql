-- What retention needs to find what may go without looking at what stays: how much each camera has where, which
-- footage has events, and what is protected.

-- Of a camera's own, where they differ from the installation's; null: as the installation has it.
alter table cameras add column event_max_age_days real check (event_max_age_days > 0);
alter table cameras add column max_bytes integer check (max_bytes > 0);
-- Guaranteed: younger footage is never deleted.
alter table cameras add column min_age_hours real check (min_age_hours >= 0);

-- What happened in front of a camera, told by whoever noticed it. An event without an end goes on.
create table events (
  key integer primary key,
  id text not null unique check (length(id) = 36),
  camera_key integer not null references cameras (key) on delete cascade,
  type text not null check (length(type) > 0),
  start_ms integer not null,
  -- Equal to the start when it has no length.
  end_ms integer check (end_ms >= start_ms),
  -- Who noticed it.
  source text not null check (length(source) > 0),
  -- JSON, as it was sent.
  data text check (json_valid(data)),
  created_ms integer not null
) strict;

create index events_by_camera_time on events (camera_key, start_ms);
create index events_by_end on events (camera_key, end_ms);
create index events_open on events (camera_key) where end_ms is null;

-- No finished event of this camera is longer: a look-up by time need not begin earlier than this before its window.
alter table cameras add column longest_event_ms integer not null default 0 check (longest_event_ms >= 0);

-- Wall time whose footage is not deleted by any rule, also when it is recorded only later. A file of which one instant
-- is protected stays whole.
create table protections (
  key integer primary key,
  id text not null unique check (length(id) = 36),
  -- Null: all cameras, also those that are added later.
  camera_key integer references cameras (key) on delete cascade,
  start_ms integer not null,
  -- Null: until it is released.
  end_ms integer check (end_ms > start_ms),
  reason text not null check (length(reason) > 0),
  created_by text not null check (length(created_by) > 0),
  created_ms integer not null
) strict;

create index protections_by_camera on protections (camera_key);

-- An event of the camera overlaps it, or did when it was closed or when the event was told. It never becomes 0 again.
alter table segments add column has_event integer not null default 0 check (has_event in (0, 1));

drop index segments_closed_by_end;
drop index segments_closed_by_root_end;
-- Oldest first, and nothing but what a rule of retention is about.
create index segments_by_age on segments (stream_key, root_key, has_event, end_ms) where state = 'closed';

-- How much of each stream is where: files that are closed, and not yet gone. Kept by the triggers below, so that nobody
-- who writes segments can forget it.
create table stored (
  stream_key integer not null references streams (key) on delete cascade,
  root_key integer not null references roots (key),
  segments integer not null check (segments >= 0),
  bytes integer not null check (bytes >= 0),
  primary key (stream_key, root_key)
) strict, without rowid;

insert into stored
  select stream_key, root_key, count(*), sum(bytes) from segments where state <> 'open' group by stream_key, root_key;

create trigger segments_stored after insert on segments when new.state <> 'open' begin
  insert into stored values (new.stream_key, new.root_key, 1, new.bytes)
    on conflict do update set segments = segments + 1, bytes = bytes + excluded.bytes;
end;

create trigger segments_stored_closed after update of state on segments
when old.state = 'open' and new.state <> 'open' begin
  insert into stored values (new.stream_key, new.root_key, 1, new.bytes)
    on conflict do update set segments = segments + 1, bytes = bytes + excluded.bytes;
end;

create trigger segments_stored_resized after update of bytes on segments
when old.state <> 'open' and new.bytes <> old.bytes begin
  update stored set bytes = bytes + new.bytes - old.bytes
    where stream_key = new.stream_key and root_key = new.root_key;
end;

create trigger segments_stored_gone after delete on segments when old.state <> 'open' begin
  update stored set segments = segments - 1, bytes = bytes - old.bytes
    where stream_key = old.stream_key and root_key = old.root_key;
end;
