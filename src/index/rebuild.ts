import type { Clock } from '../clock/clock.ts';
import type { Run, SegmentReservation, SegmentSummary } from '../footage/segment.ts';
import { type CameraEvent, cameraEventsTable } from './camera_events.ts';
import { type Camera, camerasTable } from './cameras.ts';
import { check } from './check.ts';
import { createDataFolder, type Database, openNewDatabase } from './database.ts';
import { beginDraft, type Draft } from './draft.ts';
import { ledger } from './ledger.ts';
import { migrate } from './migrations.ts';
import { pastGaps } from './past_gaps.ts';
import { type Protection, protectionsTable } from './protections.ts';
import { rootsTable } from './roots.ts';

/** A camera as its files and its label know it: without address and credentials. */
export type RebuiltCamera = Omit<
  Camera,
  'address' | 'username' | 'password' | 'tlsFingerprint' | 'streams'
> & {
  readonly streams: readonly RebuiltStream[];
};

export interface RebuiltStream {
  readonly id: string;
  readonly role: 'main' | 'sub';
  readonly createdMs: number;
  readonly record: boolean;
  /** It was removed, or its place is taken: its footage ages out. */
  readonly archived: boolean;
}

/** An index that is made anew. */
export type IndexRebuild = ReturnType<typeof rebuildIndex>;

/**
 * Begins a new index of an installation, for a file that is not there yet: `finish` puts it there, whole and on the disk;
 * `discard` takes away what there is of it before.
 *
 * Throws `database_exists`, `database_locked` while another process makes it, `data_folder_unwritable`.
 */
export function rebuildIndex(options: {
  file: string;
  migrationsDir: string;
  installationId: string;
  clock: Clock;
}) {
  const { file, migrationsDir, installationId, clock } = options;
  createDataFolder(file);
  const draft = beginDraft(file);
  const database = openDraft(draft);
  const { sqlite } = database;
  const nowMs = Math.round(clock.now());
  migrate(database, migrationsDir, clock);
  sqlite.prepare('insert into installation values (1, ?, ?)').run(installationId, nowMs);
  const { reserve, close, heartbeat } = ledger(database);
  const { identify, named, claim } = rootsTable(database, clock);
  const cameras = camerasTable(database, clock);
  const events = cameraEventsTable(database);
  const protections = protectionsTable(database);
  const insertStream = sqlite.prepare(`
    insert into streams (id, camera_key, role, url, transport, record, created_ms, archived_ms)
    values (@id, (select key from cameras where id = @cameraId), @role, '', 'auto', @record, @createdMs, @archivedMs)`);
  const hasClosedNumber = sqlite
    .prepare<[string, number], number>(
      "select 1 from segments where run_key = (select key from runs where id = ?) and number = ? and state = 'closed'",
    )
    .pluck();

  return {
    /** A root of this id has footage. */
    addRoot: (id: string, name: string): void => void identify(id, name),

    /** There is a root of this name whose disk is away: cameras may choose it, and no folder becomes it without its marker. */
    addMissingRoot: (name: string): void => claim(named(name).id),

    addCamera({ streams, ...camera }: RebuiltCamera): void {
      cameras.insert({ ...camera, streams: [] });
      for (const { archived, record, ...stream } of streams) {
        const archivedMs = archived ? nowMs : null;
        insertStream.run({ ...stream, cameraId: camera.id, record: record ? 1 : 0, archivedMs });
      }
    },

    /** Whether the run has a finished segment of this number. */
    hasClosedSegment: (runId: string, number: number): boolean => hasClosedNumber.get(runId, number) === 1,

    /** Adds a file: as a closed segment, or as an open one that the next start is to recover. */
    addSegment(reservation: SegmentReservation, run: Run, summary: SegmentSummary | undefined): void {
      reserve(reservation, run);
      if (summary) close(summary, { overlap: false });
    },

    /** What journals and files tell of the time without footage, once all segments are there. */
    gaps: pastGaps(database),

    /** The recorder lived then: what lasted at its end went on up to here. */
    heartbeat,

    /** Adds an event, once all segments are there. @returns false for that of a camera that has no files */
    addEvent(event: CameraEvent): boolean {
      if (!cameras.get(event.cameraId)) return false;
      if (events.get(event.cameraId, event.id) === undefined) events.insert(event);
      return true;
    },

    /** Ends an event that was added. */
    closeEvent: (id: string, endMs: number, data: string | undefined): void =>
      void events.end(id, endMs, data),

    /** Protects footage as before. @returns false for that of a camera that has no files */
    addProtection(protection: Protection): boolean {
      if (protection.cameraId !== undefined && !cameras.get(protection.cameraId)) return false;
      protections.insert(protection);
      return true;
    },

    /** Puts everything on the disk. @returns every way in which it contradicts itself: none, unless by a mistake of ours */
    finish(): string[] {
      const faults = check(database);
      sqlite.pragma('wal_checkpoint(truncate)');
      sqlite.close();
      draft.publish();
      return faults;
    },

    discard(): void {
      sqlite.close();
      draft.discard();
    },
  };
}

function openDraft(draft: Draft): Database {
  try {
    return openNewDatabase(draft.file);
  } catch (error) {
    draft.discard();
    throw error;
  }
}
