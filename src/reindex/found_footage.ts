import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { NightjarError } from '../errors/nightjar_error.ts';
import { diskError, systemCode } from '../errors/system_error.ts';
import type { FootageFile } from '../footage/segment.ts';
import type { SegmentIdentity } from '../mp4/identity.ts';
import { maxHeaderBytes, readSegmentHeader } from '../mp4/segment_header.ts';
import { firstArrival } from '../mp4/segment_scan.ts';
import { readCameraLabel } from '../recorder/camera_label.ts';
import { readAt } from '../recorder/scan_file.ts';
import type { CameraLabel } from '../recorder/stream_job.ts';
import { readFolder } from '../roots/folder_entries.ts';
import { readFlags } from '../roots/read_flags.ts';

/** Most headers are shorter: parameter sets of a few dozen bytes, and the reserve. */
const usualHeaderBytes = 16 * 1024;
/** Depth of the hour's folder below that of the stream: year, month, day, hour. */
const hourDepth = 4;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A storage root whose disk is there. */
export interface SearchedRoot {
  readonly id: string;
  readonly name: string;
  readonly folder: string;
}

/** A camera that has a folder in some root. */
export interface FoundCamera {
  readonly id: string;
  /** The newest label; undefined when there is none that can be read. */
  readonly label: CameraLabel | undefined;
  /** Ids of the streams that have folders. */
  readonly streamIds: readonly string[];
}

/** A file of footage and what its header says. */
export interface FoundFile extends FootageFile {
  readonly identity: SegmentIdentity;
  /** When its first fragment arrived; undefined when it has none. */
  readonly arrivalMs: number | undefined;
}

/** Told of a file or folder that cannot be read: it is left out, and the rest is taken. */
type OnUnreadable = (file: FootageFile, error: NightjarError) => void;

/** All cameras of some roots, by id. */
export async function findCameras(
  roots: readonly SearchedRoot[],
  onUnreadable: OnUnreadable,
): Promise<FoundCamera[]> {
  const found = new Map<
    string,
    { label: CameraLabel | undefined; writtenMs: number; streamIds: Set<string> }
  >();
  for (const { id: rootId, folder } of roots) {
    const read = <Content>(place: string, reading: (file: string) => Promise<Content>) =>
      readOrTell({ rootId, path: place }, path.join(folder, place), reading, onUnreadable);
    for (const id of (await read('', readFolder))?.folders ?? []) {
      if (!uuid.test(id)) continue;
      const camera = found.get(id) ?? { label: undefined, writtenMs: 0, streamIds: new Set() };
      found.set(id, camera);
      const label = await read(`${id}/camera.json`, readLabel);
      // A camera may have moved from one root to another: the label that was written last is true.
      if (label && label.writtenMs > camera.writtenMs) Object.assign(camera, label);
      for (const name of (await read(id, readFolder))?.folders ?? []) {
        if (uuid.test(name)) camera.streamIds.add(name);
      }
    }
  }
  return [...found]
    .map(([id, { label, streamIds }]) => ({ id, label, streamIds: [...streamIds].sort() }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * The files of a stream in all roots, in no order that counts.
 *
 * @param onUnreadable told of folders, and of files whose header is damaged
 */
export async function* findFiles(
  roots: readonly SearchedRoot[],
  place: { readonly cameraId: string; readonly streamId: string },
  onUnreadable: OnUnreadable,
): AsyncGenerator<FoundFile> {
  for (const root of roots) {
    for await (const file of recordedFiles(root, `${place.cameraId}/${place.streamId}`, {
      depth: hourDepth,
      onUnreadable,
    })) {
      const header = await readOrTell(file, path.join(root.folder, file.path), readHeader, onUnreadable);
      if (header) yield { ...file, ...header };
    }
  }
}

/** The lines of a root's journal, in the order of writing; one that is not there has none. @throws NightjarError disk errors */
export async function* journalLines(
  folder: string,
  name: 'gaps' | 'events' | 'holds',
): AsyncGenerator<string> {
  const file = path.join(folder, `${name}.jsonl`);
  try {
    yield* createInterface({ input: createReadStream(file) });
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw diskError(error, file);
  }
}

async function* recordedFiles(
  root: SearchedRoot,
  folder: string,
  { depth, onUnreadable }: { readonly depth: number; readonly onUnreadable: OnUnreadable },
): AsyncGenerator<FootageFile> {
  const place = { rootId: root.id, path: folder };
  const entries = await readOrTell(place, path.join(root.folder, folder), readFolder, onUnreadable);
  if (depth === 0) {
    for (const name of entries?.files ?? []) {
      if (name.endsWith('.mp4')) yield { rootId: root.id, path: `${folder}/${name}` };
    }
    return;
  }
  for (const name of entries?.folders ?? []) {
    if (/^\d+$/.test(name))
      yield* recordedFiles(root, `${folder}/${name}`, { depth: depth - 1, onUnreadable });
  }
}

async function readOrTell<Content>(
  place: FootageFile,
  file: string,
  reading: (file: string) => Promise<Content>,
  onUnreadable: OnUnreadable,
): Promise<Content | undefined> {
  try {
    return await reading(file);
  } catch (error) {
    if (!(error instanceof NightjarError)) throw error;
    onUnreadable(place, error);
    return undefined;
  }
}

async function readHeader(file: string): Promise<Pick<FoundFile, 'identity' | 'arrivalMs'>> {
  try {
    await using handle = await open(file, readFlags);
    let bytes = await readAt(handle, 0, usualHeaderBytes);
    try {
      const header = readSegmentHeader(bytes);
      return { identity: header.identity, arrivalMs: firstArrival(bytes, header) };
    } catch (error) {
      if (bytes.length < usualHeaderBytes) throw error;
    }
    bytes = await readAt(handle, 0, maxHeaderBytes);
    const header = readSegmentHeader(bytes);
    return { identity: header.identity, arrivalMs: firstArrival(bytes, header) };
  } catch (error) {
    throw diskError(error, file);
  }
}

async function readLabel(file: string): Promise<{ label: CameraLabel; writtenMs: number } | undefined> {
  try {
    const label = readCameraLabel(await readFile(file, 'utf8'));
    return label && { label, writtenMs: (await stat(file)).mtimeMs };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw diskError(error, file);
  }
}
