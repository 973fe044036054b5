/** What a power cut leaves of a recordings folder, by the account of the calls that were made. Pure. */
import type { NotedCall } from './chaos_plan.ts';

/** Written and not synced since. */
export interface UnsyncedWrite {
  readonly offset: number;
  readonly bytes: number;
  /** What was there before, as far as there was anything. */
  readonly before: Buffer;
}

export interface CutFile {
  readonly file: string;
  /** Whether its name is on the disk. A folder above that is not takes it along; that is told apart. */
  readonly nameIsDurable: boolean;
  /** So many bytes from the begin are on the disk, but for overwritten ones. */
  readonly durableBytes: number;
  readonly unsynced: readonly UnsyncedWrite[];
}

export interface PowerCut {
  readonly files: readonly CutFile[];
  /** Folders whose own names are not on the disk: they may be gone with all that is in them. */
  readonly unnamedFolders: readonly string[];
  /** Files whose removal is not on the disk: they may be there again. */
  readonly mayReturn: readonly string[];
}

interface Entry {
  nameIsDurable: boolean;
  writes: { readonly call: NotedCall; durable: boolean }[];
}

/** @param calls all since the folder was empty, or of which the effects are durable before the first; in the order of their begin */
export function powerCut(calls: readonly NotedCall[]): PowerCut {
  const files = new Map<string, Entry>();
  const folders = new Map<string, boolean>();
  const removed = new Set<string>();
  for (const [index, call] of calls.entries()) {
    switch (call.kind) {
      case 'create':
        files.set(call.file, { nameIsDurable: false, writes: [] });
        break;
      case 'folder':
        folders.set(call.file, false);
        break;
      case 'replace':
        // Neither written through nor named durably.
        files.set(call.file, {
          nameIsDurable: false,
          writes: [{ call: { ...call, offset: 0 }, durable: false }],
        });
        break;
      case 'write':
        entryOf(files, call.file).writes.push({ call, durable: false });
        break;
      case 'unlink':
        if (files.get(call.file)?.nameIsDurable !== false) removed.add(call.file);
        files.delete(call.file);
        break;
      case 'rename': {
        const entry = files.get(call.from!);
        files.delete(call.from!);
        if (entry) files.set(call.file, { ...entry, nameIsDurable: false });
        break;
      }
      case 'sync':
        syncFile(files.get(call.file), call);
        syncFolder(call, { files, folders, removed, earlier: calls.slice(0, index) });
        break;
      default:
    }
  }
  return {
    files: [...files].map(([file, entry]) => cutFile(file, entry)),
    unnamedFolders: [...folders].filter(([, durable]) => !durable).map(([folder]) => folder),
    mayReturn: [...removed],
  };
}

/** Of a file from an earlier life all that is not touched again is durable. */
function entryOf(files: Map<string, Entry>, file: string): Entry {
  let entry = files.get(file);
  if (!entry) {
    entry = { nameIsDurable: true, writes: [] };
    files.set(file, entry);
  }
  return entry;
}

/** A sync covers what was written before it began. */
function syncFile(entry: Entry | undefined, sync: NotedCall): void {
  for (const write of entry?.writes ?? []) {
    if (BigInt(write.call.endedNs) <= BigInt(sync.beganNs)) write.durable = true;
  }
}

function syncFolder(
  sync: NotedCall,
  state: {
    files: Map<string, Entry>;
    folders: Map<string, boolean>;
    removed: Set<string>;
    earlier: readonly NotedCall[];
  },
): void {
  const isDone = (file: string, kinds: readonly NotedCall['kind'][]) => {
    const call = state.earlier.findLast((each) => each.file === file && kinds.includes(each.kind));
    return call !== undefined && BigInt(call.endedNs) <= BigInt(sync.beganNs);
  };
  for (const [file, entry] of state.files) {
    if (parentOf(file) === sync.file && isDone(file, ['create', 'replace', 'rename']))
      entry.nameIsDurable = true;
  }
  for (const folder of state.folders.keys()) {
    if (parentOf(folder) === sync.file && isDone(folder, ['folder'])) state.folders.set(folder, true);
  }
  for (const file of state.removed) {
    if (parentOf(file) === sync.file && isDone(file, ['unlink'])) state.removed.delete(file);
  }
}

function cutFile(file: string, { nameIsDurable, writes }: Entry): CutFile {
  const ends = writes.filter(({ durable }) => durable).map(({ call }) => call.offset! + (call.bytes ?? 0));
  const unsynced = writes
    .filter(({ durable }) => !durable)
    .map(({ call }) => ({
      offset: call.offset!,
      bytes: call.bytes ?? 0,
      before: Buffer.from(call.before ?? '', 'base64'),
    }));
  return { file, nameIsDurable, durableBytes: Math.max(0, ...ends), unsynced };
}

function parentOf(file: string): string {
  const slash = file.lastIndexOf('/');
  return slash < 0 ? '' : file.slice(0, slash);
}

const pageBytes = 4096;
const sectorBytes = 512;

/**
 * A file as a power cut may leave it: of what was not synced, pages that were appended are there, zero or rubbish, and
 * the file may end anywhere; sectors that were overwritten are old or new, each for itself.
 *
 * @param bytes as they were in memory
 * @param random uniform in [0, 1)
 */
export function tornBytes(bytes: Uint8Array, cut: CutFile, random: () => number): Buffer {
  const torn = Buffer.from(bytes);
  for (const write of cut.unsynced.toReversed()) {
    const overwritten = write.before.length;
    for (let at = write.offset; at < write.offset + overwritten; at = nextMultiple(at, sectorBytes)) {
      const end = Math.min(nextMultiple(at, sectorBytes), write.offset + overwritten);
      if (random() < 0.5) write.before.copy(torn, at, at - write.offset, end - write.offset);
    }
  }
  for (let at = cut.durableBytes; at < torn.length; at = nextMultiple(at, pageBytes)) {
    const end = Math.min(nextMultiple(at, pageBytes), torn.length);
    const fate = random();
    if (fate < 0.3) torn.fill(0, at, end);
    else if (fate < 0.5) for (let place = at; place < end; place++) torn[place] = Math.floor(random() * 256);
  }
  if (cut.unsynced.length === 0 || random() < 0.3) return torn;
  return torn.subarray(0, cut.durableBytes + Math.floor(random() * (torn.length - cut.durableBytes + 1)));
}

function nextMultiple(value: number, of: number): number {
  return (Math.floor(value / of) + 1) * of;
}
