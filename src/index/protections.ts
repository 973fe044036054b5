import { NightjarError } from '../errors/nightjar_error.ts';
import type { ProtectedRange } from '../footage/protected_range.ts';
import type { Database } from './database.ts';

/** Footage that no rule may delete until somebody says so: a hold. */
export interface Protection extends ProtectedRange {
  readonly id: string;
  readonly reason: string;
  /** Who asked for it. */
  readonly createdBy: string;
  readonly createdMs: number;
}

/** A protection as it is listed: its camera may have been removed, and is known by its name alone then. */
export interface ListedProtection extends Protection {
  readonly cameraName: string | undefined;
}

type Row = { [Name in keyof ListedProtection]: ListedProtection[Name] | null };

/** More would be a rule, and not cases; each costs every sweep a look at every camera. */
export const maxProtections = 256;

/** The table of protections. */
export function protectionsTable(database: Database) {
  const { sqlite } = database;
  const select = `
    select protections.id as id, cameras.id as cameraId, cameras.name as cameraName, start_ms as startMs,
      end_ms as endMs, reason, created_by as createdBy, protections.created_ms as createdMs
    from protections left join cameras on cameras.key = protections.camera_key`;
  const selectAll = sqlite.prepare<[], Row>(`${select} order by protections.key`);
  const selectOne = sqlite.prepare<[string], Row>(`${select} where protections.id = ?`);
  const count = sqlite.prepare<[], number>('select count(*) from protections').pluck();
  const selectCamera = sqlite.prepare<[string], number>('select key from cameras where id = ?').pluck();
  const insert = sqlite.prepare(`
    insert into protections (id, camera_key, start_ms, end_ms, reason, created_by, created_ms)
    values (@id, @cameraKey, @startMs, @endMs, @reason, @createdBy, @createdMs)`);
  const remove = sqlite.prepare('delete from protections where id = ?');

  const toProtection = (row: Row): ListedProtection => ({
    ...(row as ListedProtection),
    cameraId: row.cameraId ?? undefined,
    cameraName: row.cameraName ?? undefined,
    endMs: row.endMs ?? undefined,
  });

  /** All that are in force, oldest first. */
  const list = (): ListedProtection[] => selectAll.all().map(toProtection);
  let ranges: readonly ProtectedRange[] | undefined;

  return {
    list,

    /**
     * What is protected now. Retention asks this for each file that it removes, so it is read once for many files; a range
     * may outlive a camera that has no footage any more.
     */
    ranges(): readonly ProtectedRange[] {
      ranges ??= list();
      return ranges;
    },

    get(id: string): ListedProtection | undefined {
      const row = selectOne.get(id);
      return row && toProtection(row);
    },

    /** In force when this returns. @throws NightjarError `camera_unknown`, `too_many_protections` */
    insert(protection: Protection): void {
      ranges = undefined;
      database.transaction(() => {
        const { cameraId, endMs, ...fields } = protection;
        const cameraKey = cameraId === undefined ? null : selectCamera.get(cameraId);
        if (cameraKey === undefined) {
          throw new NightjarError('camera_unknown', `There is no camera ${cameraId}.`, {
            place: { field: 'cameraId' },
          });
        }
        if (count.get()! >= maxProtections) {
          throw new NightjarError(
            'too_many_protections',
            `${maxProtections} protections are in force; no more are taken.`,
          );
        }
        insert.run({ ...fields, cameraKey, endMs: endMs ?? null });
      });
    },

    /** Releases a protection: its footage is like any other from now on. */
    remove(id: string): void {
      ranges = undefined;
      remove.run(id);
    },
  };
}
