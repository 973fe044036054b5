/** Puts faults around the transactions of the index that change rows of segments. */
import Sqlite from 'better-sqlite3';
import type { Failure, Moment } from './chaos_plan.ts';
import { rowStep } from './step_names.ts';

export interface RowFaults {
  /** Any transaction is about to be committed. */
  commits(): void;
  /** Before one that changes rows of segments is committed: what is to happen. */
  before(step: string): Failure | Moment | undefined;
  /** It is on the disk, and was to be the last. */
  after(step: string): never;
}

interface Statement {
  readonly source: string;
  run(...parameters: unknown[]): unknown;
}

export function faultySqlite(faults: RowFaults): void {
  const database = new Sqlite(':memory:');
  const prototype = Object.getPrototypeOf(database.prepare('select 1')) as Statement;
  database.close();
  const { run } = prototype;
  /** Of the transaction under way, or of the statement if there is none. */
  let step: string | undefined;
  prototype.run = function (...parameters) {
    const { source } = this;
    const commits = source === 'COMMIT';
    if (source.startsWith('BEGIN')) step = undefined;
    step ??= rowStep(source);
    const atEnd = commits ? step : undefined;
    if (commits) faults.commits();
    const what = atEnd === undefined ? undefined : faults.before(atEnd);
    if (what === 'ENOSPC') throw new Sqlite.SqliteError('database or disk is full (injected)', 'SQLITE_FULL');
    if (what === 'EIO' || what === 'EACCES' || what === 'TORN') {
      throw new Sqlite.SqliteError('disk I/O error (injected)', 'SQLITE_IOERR_WRITE');
    }
    const result = run.apply(this, parameters);
    if (what === 'midway' || what === 'after') faults.after(atEnd!);
    return result;
  };
}
