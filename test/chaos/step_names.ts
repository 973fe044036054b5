/** Which step of the durable order of docs/storage.md a disk call belongs to. Pure but for what it remembers of files. */
import path from 'node:path';

export type Operation =
  | 'open'
  | 'read'
  | 'write'
  | 'sync'
  | 'truncate'
  | 'close'
  | 'unlink'
  | 'rename'
  | 'mkdir'
  | 'rmdir'
  | 'writeFile'
  | 'appendFile'
  | 'stat';

export class StepNames {
  readonly #thread: 'main' | 'recorder';
  /** In which the main thread has removed something. */
  readonly #emptied = new Set<string>();
  /** Of files that are being closed, the writes and syncs so far. */
  readonly #closing = new Map<string, { writes: number; syncs: number }>();

  constructor(thread: 'main' | 'recorder') {
    this.#thread = thread;
  }

  /** @param file below the recordings folder @param offset of a write */
  name(operation: Operation, file: string, offset: number | undefined): string {
    if (file.endsWith('gaps.jsonl') || file.endsWith('events.jsonl') || file.endsWith('holds.jsonl')) {
      return `journal ${operation}`;
    }
    if (file.includes('.nightjar')) return `marker ${operation}`;
    if (file.includes('camera.json')) return `label ${operation}`;
    if (file.endsWith('.mp4')) return this.#ofSegment(operation, file, offset);
    return this.#thread === 'main' ? this.#ofFolder(operation, file) : `2 folder ${operation}`;
  }

  /** Deletion makes removals durable, recovery the names of the files that it closes. */
  #ofFolder(operation: Operation, folder: string): string {
    if (operation === 'rmdir') this.#emptied.add(path.dirname(folder));
    if (operation === 'sync') return this.#emptied.has(folder) ? 'delete 3 sync' : 'recovery 6 folder sync';
    return operation === 'rmdir' ? 'delete 3 rmdir' : operation;
  }

  #ofSegment(operation: Operation, file: string, offset: number | undefined): string {
    if (operation === 'unlink') {
      this.#emptied.add(path.dirname(file));
      return this.#thread === 'main' ? 'delete 2 unlink' : '2 unlink';
    }
    const closing = this.#closing.get(file);
    const prefix = this.#thread === 'main' ? 'recovery ' : '';
    switch (operation) {
      case 'open':
        return prefix ? 'recovery open' : '2 create';
      case 'truncate':
        this.#closing.set(file, { writes: 0, syncs: 0 });
        return `${prefix}5 cut`;
      case 'write':
        if (closing) return `${prefix}5 write ${++closing.writes}`;
        return prefix ? 'recovery rewrite' : offset === 0 ? '3 first' : '3 append';
      case 'sync':
        if (closing) return `${prefix}5 sync ${++closing.syncs}`;
        return `${prefix}4 sync`;
      case 'close':
        this.#closing.delete(file);
        return `${prefix}5 close`;
      default:
        return `${prefix}${operation}`;
    }
  }
}

/** Of an SQL statement that changes rows of segments; undefined for others. */
export function rowStep(sql: string): string | undefined {
  const text = sql.trim().replace(/\s+/g, ' ').toLowerCase();
  if (text.startsWith('insert into segments ')) return '1 row';
  if (text.startsWith("update segments set state = 'closed'")) return '6 row';
  if (text.startsWith("update segments set state = 'deleting'")) return 'delete 1 rows';
  if (text.startsWith('delete from segments ')) return 'delete 4 rows';
  return undefined;
}
