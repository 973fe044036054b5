import type { Clock } from '../clock/clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { type UnixMillis, unixMillis } from '../units/time.ts';
import type { Database } from './database.ts';

export type StreamRole = 'main' | 'sub';
export type StreamTransport = 'auto' | 'tcp' | 'udp' | 'multicast' | 'http' | 'websocket';

/** A media profile of a camera. */
export interface CameraStream {
  readonly id: string;
  /** A camera has each role once at most. */
  readonly role: StreamRole;
  /** Without credentials; empty when only recorded files speak of the stream, and its address is still needed. */
  readonly url: string;
  readonly transport: StreamTransport;
  readonly record: boolean;
  /** When it was added; the index sees to it. */
  readonly createdMs?: UnixMillis;
}

export interface Camera {
  readonly id: string;
  readonly name: string;
  readonly address?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** SHA-256 of the only certificate to trust, with colons; undefined: one that an authority vouches for. */
  readonly tlsFingerprint?: string | undefined;
  readonly createdMs: UnixMillis;
  /** Footage older than this is deleted; the installation's default when undefined. */
  readonly maxAgeDays?: number | undefined;
  /** Name of the storage root that its footage goes to; undefined: `default`. */
  readonly storageRoot?: string | undefined;
  /** The same for footage with events, where that is longer. */
  readonly eventMaxAgeDays?: number | undefined;
  /** The oldest of its footage is deleted so that it has no more than this; undefined: no limit. */
  readonly maxBytes?: number | undefined;
  /** Younger footage is never deleted; the installation's default when undefined. */
  readonly minAgeHours?: number | undefined;
  readonly streams: readonly CameraStream[];
}

/** What may change of a camera. A field that is there but undefined is cleared; one that is not there stays. */
export type CameraChanges = Partial<Omit<Camera, 'id' | 'createdMs'>>;

/** A stream whose footage retention must look after, also when it or its camera was removed. */
export interface RetainedStream {
  readonly streamId: string;
  readonly cameraId: string;
  readonly cameraName: string;
  readonly maxAgeDays: number | undefined;
  readonly eventMaxAgeDays: number | undefined;
  readonly maxBytes: number | undefined;
  readonly minAgeHours: number | undefined;
}

interface CameraRow {
  key: number;
  id: string;
  name: string;
  address: string | null;
  username: string | null;
  password: string | null;
  tls_fingerprint: string | null;
  created_ms: number;
  max_age_days: number | null;
  storage_root: string | null;
  event_max_age_days: number | null;
  max_bytes: number | null;
  min_age_hours: number | null;
}

interface StreamRow {
  id: string;
  role: StreamRole;
  url: string;
  transport: StreamTransport;
  record: number;
  created_ms: number;
}

const selectCameras = `
  select cameras.*, roots.name as storage_root from cameras left join roots on roots.key = root_key`;

/** Cameras and their streams for those who only read. */
export function cameraReader({ sqlite }: Database) {
  const selectAll = sqlite.prepare<[], CameraRow>(
    `${selectCameras} where archived_ms is null order by cameras.created_ms, cameras.key`,
  );
  const selectStreams = sqlite.prepare<[number], StreamRow>(
    'select * from streams where camera_key = ? and archived_ms is null order by role, key',
  );
  return {
    /** All that were not removed, oldest first. */
    list: (): Camera[] => selectAll.all().map((row) => cameraOf(row, selectStreams.all(row.key))),
  };
}

function cameraOf(row: CameraRow, streams: readonly StreamRow[]): Camera {
  return {
    id: row.id,
    name: row.name,
    ...(row.address !== null && { address: row.address }),
    ...(row.username !== null && { username: row.username }),
    ...(row.password !== null && { password: row.password }),
    ...(row.tls_fingerprint !== null && { tlsFingerprint: row.tls_fingerprint }),
    createdMs: unixMillis(row.created_ms),
    ...(row.max_age_days !== null && { maxAgeDays: row.max_age_days }),
    ...(row.storage_root !== null && { storageRoot: row.storage_root }),
    ...(row.event_max_age_days !== null && { eventMaxAgeDays: row.event_max_age_days }),
    ...(row.max_bytes !== null && { maxBytes: row.max_bytes }),
    ...(row.min_age_hours !== null && { minAgeHours: row.min_age_hours }),
    streams: streams.map(({ id, role, url, transport, record, created_ms }) => {
      return { id, role, url, transport, record: record === 1, createdMs: unixMillis(created_ms) };
    }),
  };
}

/** Cameras and their streams. What is removed is archived while there is footage of it. */
export function camerasTable(database: Database, clock: Clock) {
  const { sqlite } = database;
  const selectOne = sqlite.prepare<[string], CameraRow>(
    `${selectCameras} where cameras.id = ? and archived_ms is null`,
  );
  const selectStreams = sqlite.prepare<[number], StreamRow>(
    'select * from streams where camera_key = ? and archived_ms is null order by role, key',
  );
  const selectRetained = sqlite.prepare<[], { [Name in keyof RetainedStream]: RetainedStream[Name] | null }>(`
    select streams.id as streamId, cameras.id as cameraId, name as cameraName, max_age_days as maxAgeDays,
      event_max_age_days as eventMaxAgeDays, max_bytes as maxBytes, min_age_hours as minAgeHours
    from streams join cameras on cameras.key = camera_key order by streams.key`);
  const insertCamera = sqlite.prepare(`
    insert into cameras (id, name, address, username, password, tls_fingerprint, created_ms, max_age_days,
      event_max_age_days, max_bytes, min_age_hours, root_key)
    values (@id, @name, @address, @username, @password, @tls_fingerprint, @created_ms, @max_age_days,
      @event_max_age_days, @max_bytes, @min_age_hours, (select key from roots where name = @storage_root))`);
  const updateCamera = sqlite.prepare(`
    update cameras set name = @name, address = @address, username = @username, password = @password,
      tls_fingerprint = @tls_fingerprint, max_age_days = @max_age_days,
      event_max_age_days = @event_max_age_days, max_bytes = @max_bytes, min_age_hours = @min_age_hours,
      root_key = (select key from roots where name = @storage_root)
    where id = @id`);
  const archiveCamera = sqlite.prepare(
    'update cameras set archived_ms = ?, username = null, password = null where id = ?',
  );
  const archiveStream = sqlite.prepare('update streams set archived_ms = ? where id = ?');
  const closeGaps = sqlite.prepare(`
    update gaps set end_ms = max(@now, start_ms + 1)
    where end_ms is null and stream_key = (select key from streams where id = @id)`);
  // A stream that comes back (another role for an id that was dropped) is the same stream again.
  const putStream = sqlite.prepare(`
    insert into streams (id, camera_key, role, url, transport, record, created_ms)
    values (@id, @camera_key, @role, @url, @transport, @record, @created_ms)
    on conflict (id) do update set role = excluded.role, url = excluded.url, transport = excluded.transport,
      record = excluded.record, archived_ms = null
    where camera_key = excluded.camera_key`);
  const forgetStreams = sqlite.prepare(`
    delete from streams where archived_ms is not null
      and not exists (select 1 from segments where stream_key = streams.key)`);
  const forgetCameras = sqlite.prepare(`
    delete from cameras where archived_ms is not null
      and not exists (select 1 from streams where camera_key = cameras.key)`);

  const toCamera = (row: CameraRow): Camera => cameraOf(row, selectStreams.all(row.key));

  function known(id: string): Camera {
    const row = selectOne.get(id);
    if (!row)
      throw new NightjarError('camera_unknown', `There is no camera ${id}.`, { place: { camera: id } });
    return toCamera(row);
  }

  function dropStream(id: string, now: number): void {
    closeGaps.run({ id, now });
    archiveStream.run(now, id);
  }

  /** Makes the streams of a camera what `streams` says; those left out are archived. */
  function putStreams(cameraId: string, streams: readonly CameraStream[], createdMs: number): void {
    const cameraKey = selectOne.get(cameraId)!.key;
    const kept = new Set(streams.map((stream) => stream.id));
    const before = selectStreams.all(cameraKey);
    // All are set aside first, as two streams may swap their roles.
    for (const { id } of before) {
      if (kept.has(id)) archiveStream.run(createdMs, id);
      else dropStream(id, createdMs);
    }
    for (const { id, role, url, transport, record } of streams) {
      const row = { id, role, url, transport, record: record ? 1 : 0 };
      const { changes } = putStream.run({ ...row, camera_key: cameraKey, created_ms: createdMs });
      if (changes === 0) throw new NightjarError('internal', `Stream ${id} belongs to another camera.`);
    }
  }

  /** Forgets what was archived and has no footage any more. */
  function forgetArchived(): void {
    forgetStreams.run();
    forgetCameras.run();
  }

  return {
    ...cameraReader(database),

    get(id: string): Camera | undefined {
      const row = selectOne.get(id);
      return row && toCamera(row);
    },

    /** @param camera with its own new id, and new ids for its streams */
    insert(camera: Camera): void {
      database.transaction(() => {
        insertCamera.run(cameraParameters(camera));
        putStreams(camera.id, camera.streams, Math.round(camera.createdMs));
      });
    },

    /**
     * Changes what is in `changes`. Streams keep their footage by their ids; one that is left out of
     * `changes.streams` is removed, its footage ages out. Throws `camera_unknown`.
     */
    update(id: string, changes: CameraChanges): Camera {
      return database.transaction(() => {
        updateCamera.run(cameraParameters({ ...known(id), ...changes }));
        if (changes.streams) putStreams(id, changes.streams, Math.round(clock.now()));
        forgetArchived();
        return known(id);
      });
    },

    /** Lists the camera no more and wipes its credentials; its footage ages out. Throws `camera_unknown`. */
    remove(id: string): void {
      database.transaction(() => {
        const now = Math.round(clock.now());
        for (const stream of known(id).streams) dropStream(stream.id, now);
        archiveCamera.run(now, id);
        forgetArchived();
      });
    },

    /** Every stream that may have footage, removed ones included. */
    retained: (): RetainedStream[] =>
      selectRetained.all().map((row) => ({
        ...(row as RetainedStream),
        maxAgeDays: row.maxAgeDays ?? undefined,
        eventMaxAgeDays: row.eventMaxAgeDays ?? undefined,
        maxBytes: row.maxBytes ?? undefined,
        minAgeHours: row.minAgeHours ?? undefined,
      })),

    forgetArchived,
  };
}

function cameraParameters(camera: Camera) {
  return {
    id: camera.id,
    name: camera.name,
    address: camera.address ?? null,
    username: camera.username ?? null,
    password: camera.password ?? null,
    tls_fingerprint: camera.tlsFingerprint ?? null,
    created_ms: Math.round(camera.createdMs),
    max_age_days: camera.maxAgeDays ?? null,
    storage_root: camera.storageRoot ?? null,
    event_max_age_days: camera.eventMaxAgeDays ?? null,
    max_bytes: camera.maxBytes ?? null,
    min_age_hours: camera.minAgeHours ?? null,
  };
}
