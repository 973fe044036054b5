import type { Database } from './database.ts';

/** A comparison of all files with the index. */
export interface VerificationPass {
  readonly startedMs: number;
  /** When it came to its end, or was last known to go on. */
  readonly endedMs: number;
  /** All files are read, and not only looked at. */
  readonly deep: boolean;
  readonly checked: number;
  readonly lost: number;
  readonly returned: number;
  /** Names of storage roots whose files could not be looked at. */
  readonly awayRoots: readonly string[];
}

/** One that has not come to its end. */
export interface UnfinishedPass extends VerificationPass {
  /** Key of the last segment that it has looked at. */
  readonly reachedKey: number;
}

type PassRow = Omit<UnfinishedPass, 'deep' | 'awayRoots'> & { deep: number; awayRoots: string };

/** Of each kind, deep or not, the last pass that came to its end, and the one that has not yet. */
export function passes(database: Database) {
  const { sqlite } = database;
  const put = sqlite.prepare(`
    insert or replace into verification_passes
      (deep, complete, started_ms, ended_ms, checked, lost, returned, away_roots, reached_key)
    values (@deep, @complete, @startedMs, @endedMs, @checked, @lost, @returned, @awayRoots, @reachedKey)`);
  const forget = sqlite.prepare<[number]>('delete from verification_passes where deep = ? and complete = 0');
  const forgetAll = sqlite.prepare('delete from verification_passes');
  const select = sqlite.prepare<[number, number], PassRow>(`
    select deep, started_ms as startedMs, ended_ms as endedMs, checked, lost, returned, away_roots as awayRoots,
      reached_key as reachedKey
    from verification_passes where deep = ? and complete = ?`);
  const countFiles = sqlite.prepare<[], number>('select coalesce(sum(segments), 0) from stored').pluck();

  const toRow = ({ deep, awayRoots, ...pass }: VerificationPass) => ({
    ...pass,
    startedMs: Math.round(Math.min(pass.startedMs, pass.endedMs)),
    endedMs: Math.round(pass.endedMs),
    deep: deep ? 1 : 0,
    awayRoots: JSON.stringify(awayRoots),
  });
  const toPass = (row: PassRow): UnfinishedPass => ({
    ...row,
    deep: row.deep === 1,
    awayRoots: JSON.parse(row.awayRoots) as string[],
  });

  return {
    /** It came to its end. */
    keep(pass: VerificationPass): void {
      const row = toRow(pass);
      database.transaction(() => {
        forget.run(row.deep);
        put.run({ ...row, complete: 1, reachedKey: null });
      });
    },

    /** It has come so far. */
    keepUnfinished(pass: UnfinishedPass): void {
      const row = toRow(pass);
      database.transaction(() => put.run({ ...row, complete: 0 }));
    },

    /** The files may be others than those that were compared last: the next start compares them all. */
    forgetAll: (): void => database.transaction(() => void forgetAll.run()),

    unfinished(deep: boolean): UnfinishedPass | undefined {
      const row = select.get(deep ? 1 : 0, 0);
      return row && toPass(row);
    },

    last(deep: boolean): VerificationPass | undefined {
      const row = select.get(deep ? 1 : 0, 1);
      if (!row) return undefined;
      const { reachedKey: _, ...pass } = toPass(row);
      return pass;
    },

    /** How many files there are to be looked at, of finished segments. */
    files: (): number => countFiles.get() ?? 0,
  };
}
