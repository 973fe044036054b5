-- Comparisons of all files with the index: one kind looks at names and sizes, the other reads every byte. Each goes on where it was when it
-- is interrupted, so that a large archive is looked at to its end.
create table verification_passes (
  deep integer not null check (deep in (0, 1)),
  -- 1: the last one that came to its end; 0: the one that has not yet.
  complete integer not null check (complete in (0, 1)),
  started_ms integer not null,
  -- When it ended, or when it was last known to go on.
  ended_ms integer not null check (ended_ms >= started_ms),
  -- Files that were looked at.
  checked integer not null check (checked >= 0),
  -- Files found missing or damaged that were not known to be, and files that are whole again.
  lost integer not null check (lost >= 0),
  returned integer not null check (returned >= 0),
  -- JSON: names of storage roots whose files could not be looked at.
  away_roots text not null check (json_valid(away_roots)),
  -- Of the last segment that was looked at: those behind it are not yet.
  reached_key integer check ((reached_key is null) = complete),
  primary key (deep, complete)
) strict, without rowid;

insert into verification_passes
select deep, 1, started_ms, ended_ms, checked, lost, returned, away_roots, null from verification;
drop table verification;
