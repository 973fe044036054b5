-- How active the footage of a closed segment is, told from the sizes of its encoded pictures.
create table activity (
  segment_key integer primary key references segments (key) on delete cascade,
  stream_key integer not null references streams (key) on delete cascade,
  start_ms integer not null,
  -- The highest of the levels.
  peak integer not null check (peak between 1 and 15),
  -- For each second of UTC that it has an instant of, from that of start_ms on: 0 not known, 1 quiet to 15. Two to a byte,
  -- the earlier one in the upper half.
  levels blob not null check (length(levels) > 0)
) strict;

-- A view of months reads nothing but this.
create index activity_by_time on activity (stream_key, start_ms, peak);
