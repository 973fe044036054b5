-- The index: which cameras there are, what was recorded, what was not and why.
--
-- The recorded files explain themselves; this database can be rebuilt from them but for the causes of gaps and
-- the credentials of cameras. Instants are UTC, in whole milliseconds since 1970, in columns that end in `_ms`;
-- ranges are half-open. Public ids are UUIDs as text; tables refer to each other by small integer keys.

-- Which files of this folder made the database what it is. `hash` is the hex SHA-256 of the file as it was
-- applied. `pragma user_version` is the highest number here.
create table migrations (
  number integer primary key check (number > 0),
  name text not null,
  hash text not null check (length(hash) = 64),
  applied_ms integer not null
) strict;

-- This installation: one row, written once. Its id is in every recorded file.
create table installation (
  only_row integer primary key check (only_row = 1),
  id text not null check (length(id) = 36),
  created_ms integer not null
) strict;

-- When the recorder was last known to be alive: it dates a crash. One row, from the first beat on.
create table heartbeat (
  only_row integer primary key check (only_row = 1),
  at_ms integer not null
) strict;

-- A camera that was removed is archived: it is listed no more and its credentials are wiped, but its footage stays
-- until retention has deleted all of it; then the row goes too. The password is kept as it is, since the camera
-- must be told it: the database file is readable by its owner alone.
create table cameras (
  key integer primary key,
  id text not null unique check (length(id) = 36),
  name text not null check (length(name) > 0),
  address text,
  username text,
  password text,
  created_ms integer not null,
  -- Footage older than this is deleted; null: the installation's default.
  max_age_days real check (max_age_days > 0),
  archived_ms integer,
  check (archived_ms is null or (username is null and password is null))
) strict;

-- A media profile of a camera. `url` is without credentials; it is empty when a camera was found in recorded files
-- alone, and needs its address. A stream keeps its id when its URL changes.
create table streams (
  key integer primary key,
  id text not null unique check (length(id) = 36),
  camera_key integer not null references cameras (key) on delete cascade,
  role text not null check (role in ('main', 'sub')),
  url text not null,
  transport text not null check (transport in ('auto', 'tcp', 'udp', 'multicast', 'http', 'websocket')),
  record integer not null check (record in (0, 1)),
  created_ms integer not null,
  archived_ms integer,
  -- No segment of this stream is longer: a look-up by time need not begin earlier than this before its window.
  longest_segment_ms integer not null default 0 check (longest_segment_ms >= 0)
) strict;

create unique index streams_by_camera_role on streams (camera_key, role) where archived_ms is null;
create index streams_by_camera on streams (camera_key);

-- What one session delivered without a break in the time line. A run without segments is forgotten.
create table runs (
  key integer primary key,
  id text not null unique check (length(id) = 36),
  stream_key integer not null references streams (key) on delete cascade,
  -- Counts the steps of the host's clock: times of two epochs may overlap.
  clock_epoch integer not null check (clock_epoch >= 0)
) strict;

create index runs_by_stream on runs (stream_key);

-- One recorded file. `open`: reserved or being written, its times are not known. `closed`: complete, its facts are
-- final. `deleting`: the file is about to go or gone, the row goes next.
create table segments (
  key integer primary key,
  id text not null unique check (length(id) = 36),
  stream_key integer not null references streams (key),
  run_key integer not null references runs (key),
  -- From 0 within its run.
  number integer not null check (number >= 0),
  state text not null check (state in ('open', 'closed', 'deleting')),
  -- Relative to the recordings folder, with `/` between its parts. Never parsed.
  path text not null check (path <> '' and path not like '/%'),
  -- Of its first picture; while `open` only a guess.
  start_ms integer not null,
  end_ms integer check (end_ms >= start_ms),
  -- Size of the file.
  bytes integer check (bytes >= 0),
  -- Begins with a key frame; else it needs the segment before it.
  independent integer check (independent in (0, 1)),
  -- Its instants belong, at least in part, to earlier footage: reachable by its run, not by time alone.
  overlap integer check (overlap in (0, 1)),
  -- SHA-256 of what precedes the first fragment, and from there to the end of the file.
  header_hash blob check (length(header_hash) = 32),
  body_hash blob check (length(body_hash) = 32),
  -- The rule of retention that condemned it.
  deleting_because text,
  unique (run_key, number),
  check ((state = 'open') = (end_ms is null)),
  check (state = 'open' or (bytes is not null and independent is not null and overlap is not null
    and header_hash is not null and body_hash is not null)),
  check ((state = 'deleting') = (deleting_because is not null))
) strict;

create index segments_by_stream_time on segments (stream_key, start_ms);
-- Oldest first over all streams, for retention.
create index segments_closed_by_end on segments (end_ms) where state = 'closed';
-- The few rows that a start must look at.
create index segments_open on segments (state) where state = 'open';
create index segments_deleting on segments (state) where state = 'deleting';

-- The formats that tracks have: few, however many segments there are. Tracks with equal sample entries decode
-- without a new initialisation segment.
create table track_formats (
  key integer primary key,
  kind text not null check (kind in ('video', 'audio')),
  codec_string text not null,
  -- Ticks per second.
  timescale integer not null check (timescale > 0),
  sample_entry_hash blob not null check (length(sample_entry_hash) = 32),
  unique (sample_entry_hash, codec_string, timescale, kind)
) strict;

-- What a closed segment holds of one track: enough to know the exact length of a flat clip without its file.
-- Ticks are of the track's time scale.
create table segment_tracks (
  segment_key integer not null references segments (key) on delete cascade,
  track_id integer not null check (track_id > 0),
  format_key integer not null references track_formats (key),
  -- Where the file's zero lies on the time line of the run.
  offset_ticks integer not null,
  -- Decode time of the first sample, from the file's zero.
  start_ticks integer not null,
  duration_ticks integer not null check (duration_ticks >= 0),
  samples integer not null check (samples >= 0),
  bytes integer not null check (bytes >= 0),
  key_frames integer not null check (key_frames between 0 and samples),
  -- Runs of equal values, as `stts` and `ctts` have them: pairs of variable-length integers (count, value).
  durations blob not null,
  composition_offsets blob not null,
  primary key (segment_key, track_id)
) strict, without rowid;

-- Where the fragments of a closed segment lie: a delta-coded table of variable-length integers. In a table of its
-- own, so that listing segments never reads it.
create table segment_fragments (
  segment_key integer primary key references segments (key) on delete cascade,
  fragments integer not null check (fragments >= 0),
  entries blob not null
) strict;

-- Which instants of a stream have footage, as maximal stretches of one run; each instant belongs to one stretch at
-- most, and to some stretch exactly when a closed (or not yet deleted) segment holds it. Changed in the same
-- transaction as segments, so that a view of months costs by stretches and not by segments.
create table coverage (
  stream_key integer not null references streams (key) on delete cascade,
  start_ms integer not null,
  end_ms integer not null check (end_ms > start_ms),
  run_key integer not null references runs (key),
  -- Of the files behind it; of a segment that counts in part, its share by time.
  bytes integer not null check (bytes >= 0),
  primary key (stream_key, start_ms)
) strict, without rowid;

create index coverage_by_run on coverage (run_key);

-- Why there is no footage. Gaps of a stream overlap neither each other nor its coverage, and touching ones differ
-- in cause. An open gap has no end yet.
create table gaps (
  stream_key integer not null references streams (key) on delete cascade,
  start_ms integer not null,
  end_ms integer check (end_ms > start_ms),
  cause text not null check (cause in (
    'unreachable', 'refused', 'authentication', 'no_packets', 'stream_error', 'timeline_break', 'damaged',
    'disk_full', 'disk_slow', 'disk_missing', 'recorder_stopped', 'crash', 'paused', 'deleted'
  )),
  primary key (stream_key, start_ms)
) strict, without rowid;

create unique index gaps_open on gaps (stream_key) where end_ms is null;
