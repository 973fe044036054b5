-- Where footage is there, but damaged: something was lost on its way to the recorder. Pictures from the first that was
-- lost up to the next key frame, sound where it was lost. The files say the same, fragment by fragment; here a segment
-- has a handful of ranges per media at most, neighbours joined, and they go with it.
create table damages (
  segment_key integer not null references segments (key) on delete cascade,
  media text not null check (media in ('video', 'audio')),
  start_ms integer not null,
  end_ms integer not null check (end_ms > start_ms),
  stream_key integer not null references streams (key) on delete cascade,
  packets_lost integer not null check (packets_lost >= 0),
  -- Pictures or sounds that came in broken, or not at all: at least so many.
  units_dropped integer not null check (units_dropped >= 0),
  primary key (segment_key, media, start_ms)
) strict, without rowid;
create index damages_by_stream_time on damages (stream_key, start_ms);
