import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { NightjarError } from '../errors/nightjar_error.ts';
import { lockDatabase } from './database_lock.ts';

const suffixes = ['', '-wal', '-shm', '-journal'] as const;

/** A database that is made beside the place it is to have, under `<place>.unfinished`. */
export interface Draft {
  readonly file: string;
  /** Puts it in its place, on the disk for certain. No connection may have it open. */
  publish(): void;
  /** Takes it away; nothing after {@link publish}. */
  discard(): void;
}

/**
 * Begins a draft, for this process alone; what a killed one has left of an earlier draft goes.
 *
 * Throws `database_exists` where there is a file in the place, `database_locked` while another process makes one for it,
 * and `data_folder_unwritable`.
 */
export function beginDraft(place: string): Draft {
  const file = `${place}.unfinished`;
  refuseExisting(place);
  const lock = lockDatabase(file);
  const remove = () => {
    for (const suffix of suffixes) rmSync(`${file}${suffix}`, { force: true });
  };
  let isDone = false;
  const end = () => {
    isDone = true;
    remove();
    rmSync(`${file}.lock`, { force: true });
    lock.release();
  };
  remove();
  return {
    file,
    publish() {
      // Somebody may have put a file there meanwhile.
      refuseExisting(place);
      syncPath(file);
      renameSync(file, place);
      syncPath(dirname(place));
      end();
    },
    discard: () => {
      if (!isDone) end();
    },
  };
}

function refuseExisting(file: string): void {
  if (!existsSync(file)) return;
  throw new NightjarError('database_exists', `${file} is there already.`, { place: { file } });
}

function syncPath(place: string): void {
  const descriptor = openSync(place, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
