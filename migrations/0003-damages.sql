-- Where footage is there, but damaged: something was lost on its way to the recorder. Pictures from the first that was
-- lost up to the next key frame, sound where it was lost. The files say the same, fragment by fragment; here a segment
-- has a handful of ranges per media at most, neighbours joined, and they go with it. In the order of time, so that a
-- view of months reads them in one go.
create table damages (
  stream_key integer not null references streams (key) on delete cascade,
  start_ms integer not null,
  end_ms integer not null check (end_ms > start_ms),
  media text not null check (media in ('video', 'audio')),
  segment_key integer not null references segments (key) on delete cascade,
  run_key integer not null references runs (key),
  packets_lost integer not null check (packets_lost >= 0),
  -- Pictures or sounds that came in broken, or not at all: at least so many.
  units_dropped integer not null check (units_dropped >= 0),
  primary key (stream_key, start_ms, media, segment_key)
) strict, without rowid;

create index damages_by_segment on damages (segment_key);
create index damages_by_run on damages (run_key);
