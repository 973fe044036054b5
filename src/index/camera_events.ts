import { NightjarError } from '../errors/nightjar_error.ts';
import type { Database } from './database.ts';

/** What happened in front of a camera. */
export interface CameraEvent {
  readonly id: string;
  readonly cameraId: string;
  /** A short name, such as `motion`. */
  readonly type: string;
  readonly startMs: number;
  /** Undefined while it goes on; equal to the start when it has no length. */
  readonly endMs: number | undefined;
  /** Who noticed it. */
  readonly source: string;
  /** JSON of the source's own, as text. */
  readonly data: string | undefined;
  readonly createdMs: number;
}

/** Events of one type that begin close to each other. */
export interface EventStretch {
  readonly type: string;
  readonly startMs: number;
  /** Undefined while one of them goes on. */
  readonly endMs: number | undefined;
  readonly count: number;
}

type Row = { [Name in keyof CameraEvent]: CameraEvent[Name] | null };

/** Of one look-up of stretches: more than any screen has pixels. */
const maxStretches = 10_000;

/** The table of events. Segments know whether there is one: footage with events may be kept longer. */
export function cameraEventsTable(database: Database) {
  const { sqlite } = database;
  const columns = `found.id as id, cameras.id as cameraId, type, start_ms as startMs, end_ms as endMs, source, data,
    found.created_ms as createdMs`;
  const selectOne = sqlite.prepare<[string, string], Row>(`
    select ${columns} from events as found join cameras on cameras.key = camera_key
    where cameras.id = ? and found.id = ?`);
  // What has ended is found by its start, since none is longer than the longest; what goes on is in an index of its own.
  const ended = `
    camera_key = @camera and start_ms < @to and end_ms >= @from
      and start_ms > @from - (select longest_event_ms from cameras where key = @camera) - 1`;
  const lasting = 'camera_key = @camera and end_ms is null and start_ms < @to';
  const both = `
    select * from (select * from events indexed by events_by_camera_time where ${ended})
    union all select * from (select * from events indexed by events_open where ${lasting})`;
  const selectBetween = sqlite.prepare<[object], Row>(`
    select ${columns} from (${both}) as found join cameras on cameras.key = camera_key
    where @type is null or type = @type order by start_ms, found.key limit @limit`);
  const selectStretches = sqlite.prepare<[object], EventStretch & { goesOn: number }>(`
    select type, min(start_ms) as startMs, max(coalesce(end_ms, start_ms)) as endMs, max(end_ms is null) as goesOn,
      count(*) as count
    from (${both}) group by cast(start_ms / @withinMs as integer), type order by startMs limit ${maxStretches}`);
  const selectCamera = sqlite.prepare<[string], number>('select key from cameras where id = ?').pluck();
  const selectCameraOf = sqlite
    .prepare<[string], number>('select camera_key from streams where id = ?')
    .pluck();
  const selectStreams = sqlite
    .prepare<[number], number>('select key from streams where camera_key = ?')
    .pluck();
  const selectById = sqlite.prepare<[string], Row>(
    `select ${columns} from events as found join cameras on cameras.key = camera_key where found.id = ?`,
  );
  const insert = sqlite.prepare(`
    insert into events (id, camera_key, type, start_ms, end_ms, source, data, created_ms)
    values (@id, @cameraKey, @type, @startMs, @endMs, @source, @data, @createdMs)`);
  const update = sqlite.prepare('update events set end_ms = @endMs, data = @data where id = @id');
  const raiseLongest = sqlite.prepare(
    'update cameras set longest_event_ms = @length where key = @cameraKey and longest_event_ms < @length',
  );
  const markSegments = sqlite.prepare(`
    update segments set has_event = 1
    where stream_key = @stream and state <> 'open' and has_event = 0 and start_ms <= @to and end_ms > @from
      and start_ms > @from - (select longest_segment_ms from streams where key = @stream) - 1`);
  const forget = sqlite.prepare(`
    delete from events where key in (
      select events.key from events indexed by events_by_end
      where camera_key = (select key from cameras where id = @cameraId) and end_ms < @before
        and end_ms < coalesce((
          select min((select start_ms from segments where stream_key = streams.key order by start_ms limit 1))
          from streams where streams.camera_key = events.camera_key), @before)
      limit @limit)`);

  const toEvent = (row: Row): CameraEvent => ({
    ...(row as CameraEvent),
    endMs: row.endMs ?? undefined,
    data: row.data ?? undefined,
  });

  function keyOf(cameraId: string): number {
    const key = selectCamera.get(cameraId);
    if (key !== undefined) return key;
    throw new NightjarError('camera_unknown', `There is no camera ${cameraId}.`, {
      place: { camera: cameraId },
    });
  }

  function close(event: CameraEvent & { readonly endMs: number }): void {
    database.transaction(() => {
      const { id, startMs, endMs, data = null } = event;
      update.run({ id, endMs, data });
      raiseLongest.run({ cameraKey: keyOf(event.cameraId), length: endMs - startMs });
    });
  }

  return {
    get(cameraId: string, id: string): CameraEvent | undefined {
      const row = selectOne.get(cameraId, id);
      return row && toEvent(row);
    },

    /** Events with an instant in the window, those of one type if it is given, oldest first. */
    between(window: {
      readonly cameraId: string;
      readonly fromMs: number;
      readonly toMs: number;
      readonly type?: string | undefined;
      readonly limit: number;
    }): CameraEvent[] {
      const { fromMs, toMs, limit, type = null } = window;
      const camera = selectCamera.get(window.cameraId);
      if (camera === undefined) return [];
      return selectBetween.all({ camera, from: fromMs, to: toMs, type, limit }).map(toEvent);
    },

    /**
     * The same of the camera that has the stream, for who draws them.
     *
     * @param withinMs those of one type that begin in the same stretch of this length are one
     */
    stretches(streamId: string, fromMs: number, toMs: number, withinMs = 1): EventStretch[] {
      const camera = selectCameraOf.get(streamId);
      if (camera === undefined) return [];
      return selectStretches
        .all({ camera, from: fromMs, to: toMs, withinMs: Math.max(1, withinMs) })
        .map(({ goesOn, ...stretch }) => ({ ...stretch, endMs: goesOn === 1 ? undefined : stretch.endMs }));
    },

    /** Adds an event, with its own new id, and marks the footage that it is about. @throws NightjarError `camera_unknown` */
    insert(event: CameraEvent): void {
      database.transaction(() => {
        const { cameraId: _, ...fields } = event;
        const cameraKey = keyOf(event.cameraId);
        const { startMs, endMs = null, data = null } = event;
        insert.run({ ...fields, cameraKey, endMs, data });
        if (endMs !== null) raiseLongest.run({ cameraKey, length: endMs - startMs });
        const to = endMs ?? Number.MAX_SAFE_INTEGER;
        for (const stream of selectStreams.all(cameraKey)) markSegments.run({ stream, from: startMs, to });
      });
    },

    /** Ends an event that goes on. */
    close,

    /**
     * Ends the event of this id as a journal tells it, whose camera it does not name.
     *
     * @param data of the event from now on; as it was when undefined
     * @returns false where there is none that goes on, or it would end before it began
     */
    end(id: string, endMs: number, data: string | undefined): boolean {
      const row = selectById.get(id);
      const event = row && toEvent(row);
      if (!event || event.endMs !== undefined || endMs < event.startMs) return false;
      close({ ...event, endMs, ...(data !== undefined && { data }) });
      return true;
    },

    /** Forgets events that ended before `beforeMs` and before all footage that there is of the camera. @returns how many */
    forget: (cameraId: string, beforeMs: number, limit: number): number =>
      forget.run({ cameraId, before: Math.floor(beforeMs), limit }).changes,
  };
}
