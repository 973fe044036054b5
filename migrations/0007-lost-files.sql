-- Footage whose file is gone, or not what was recorded any more. Its row stays, so that it counts again when the file is
-- back; meanwhile it has no coverage, but a gap that says why.
alter table segments add column lost_because text check (lost_because in ('missing', 'damaged'));
-- Since when that is known.
alter table segments add column lost_ms integer check ((lost_ms is null) = (lost_because is null));

-- The few rows that are lost.
create index segments_lost on segments (lost_because, lost_ms) where lost_because is not null;

-- A file that is gone takes no space; one that is damaged does.
create trigger segments_stored_lost after update of lost_because on segments
when new.state <> 'open' and (old.lost_because is 'missing') <> (new.lost_because is 'missing') begin
  update stored set bytes = bytes + case when new.lost_because is 'missing' then -new.bytes else new.bytes end
    where stream_key = new.stream_key and root_key = new.root_key;
end;

drop trigger segments_stored_gone;
create trigger segments_stored_gone after delete on segments when old.state <> 'open' begin
  update stored
    set segments = segments - 1, bytes = bytes - case when old.lost_because is 'missing' then 0 else old.bytes end
    where stream_key = old.stream_key and root_key = old.root_key;
end;

-- A further cause: it was recorded, and its file is gone.
create table gaps_with_lost (
  stream_key integer not null references streams (key) on delete cascade,
  start_ms integer not null,
  end_ms integer check (end_ms > start_ms),
  cause text not null check (cause in (
    'unreachable', 'refused', 'authentication', 'no_packets', 'stream_error', 'timeline_break', 'damaged',
    'disk_full', 'disk_slow', 'disk_missing', 'recorder_stopped', 'crash', 'paused', 'deleted', 'lost'
  )),
  primary key (stream_key, start_ms)
) strict, without rowid;

insert into gaps_with_lost select stream_key, start_ms, end_ms, cause from gaps;
drop table gaps;
alter table gaps_with_lost rename to gaps;
create unique index gaps_open on gaps (stream_key) where end_ms is null;

-- The last comparison of all files with the index.
create table verification (
  only_row integer primary key check (only_row = 1),
  started_ms integer not null,
  ended_ms integer not null check (ended_ms >= started_ms),
  deep integer not null check (deep in (0, 1)),
  -- Files that were looked at.
  checked integer not null check (checked >= 0),
  -- Files found missing or damaged that were not known to be, and files that are whole again.
  lost integer not null check (lost >= 0),
  returned integer not null check (returned >= 0),
  -- JSON: names of storage roots whose files could not be looked at.
  away_roots text not null check (json_valid(away_roots))
) strict;
