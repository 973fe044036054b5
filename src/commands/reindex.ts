import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { NightjarError } from '../errors/nightjar_error.ts';
import { rebuildIndex } from '../index/rebuild.ts';
import { replaceDatabase } from '../index/replace_database.ts';
import type { SearchedRoot } from '../reindex/found_footage.ts';
import { type ReindexProgress, type ReindexResult, reindex } from '../reindex/reindex.ts';
import { type FoundRoot, findRoots } from '../roots/mounted_roots.ts';
import { byteWords, counted } from '../units/amount_text.ts';
import { exitFailed, exitGood, type Invocation } from './command.ts';
import { usage } from './command_line.ts';
import { dateSuffix } from './date_suffix.ts';
import { ProgressLine } from './progress_line.ts';
import { configuredRoots, settingsOf } from './settings_of.ts';

const migrationsDir = fileURLToPath(new URL('../../migrations', import.meta.url));
/** Files that could not be taken are named up to here, and counted beyond. */
const maxLeft = 100;

/** Makes the index anew from the recorded files alone, into a new file. */
export async function run(invocation: Invocation): Promise<number> {
  const { process, json, options } = invocation;
  const { clock, signal, stdout, workingDir } = process;
  const settings = await settingsOf(invocation);
  const isReplacing = options.has('replace');
  const out = options.get('out');
  if (isReplacing && out !== undefined) throw usage('--replace and --out exclude each other.');
  const live = path.join(settings.dataDir, 'nightjar.db');
  const found = await findRoots(configuredRoots(settings));
  const installationId = installationOf(found);
  const missing = found.filter(({ marker }) => marker === undefined);
  const names = missing.map(({ name }) => name);
  if (!options.has('without-missing-roots')) refuseMissing(missing, installationId);
  const make = async (file: string) => {
    const progress = new ProgressLine(process);
    const index = rebuildIndex({ file, migrationsDir, installationId, clock });
    try {
      return await reindex({
        roots: found.flatMap(searchedRoot),
        missing: names,
        index,
        nowMs: clock.now(),
        signal,
        onProgress: (state) => progress.say(() => progressText(state)),
      });
    } catch (error) {
      index.discard();
      throw error;
    } finally {
      progress.clear();
    }
  };
  const suffix = `.before-reindex-${dateSuffix(clock.now())}`;
  const place = isReplacing
    ? live
    : path.resolve(workingDir, out ?? path.join(settings.dataDir, 'nightjar.reindexed.db'));
  const { kept, made: result } = isReplacing
    ? await replaceDatabase(live, { prepare: make, suffix })
    : { kept: undefined, made: await make(place) };
  const report = {
    ...result,
    missing: names,
    left: result.left.slice(0, maxLeft),
    leftFiles: result.left.length,
  };
  stdout.write(
    json ? `${JSON.stringify({ file: place, kept, ...report })}\n` : text(result, names, place, kept),
  );
  return result.faults.length === 0 ? exitGood : exitFailed;
}

/** Whose footage it is stands in the marker of each root. */
function installationOf(roots: readonly FoundRoot[]): string {
  const ids = new Set(roots.flatMap(({ marker }) => marker?.installationId ?? []));
  const [id, other] = ids;
  if (id !== undefined && other === undefined) return id;
  const folders = roots.map(({ folder }) => folder).join(', ');
  if (id === undefined) {
    throw new NightjarError(
      'recordings_missing',
      `No storage root has its marker .nightjar, as if no disk were mounted: ${folders}.`,
    );
  }
  throw new NightjarError(
    'recordings_of_another',
    `The storage roots belong to two installations: ${folders}.`,
  );
}

/** An index without the footage of a disk that only is not mounted would look whole. */
function refuseMissing([root]: readonly FoundRoot[], installationId: string): void {
  if (!root) return;
  const { name, folder } = root;
  const marker = JSON.stringify({ installationId, rootId: randomUUID() });
  throw new NightjarError(
    'recordings_missing',
    `The storage root ${name} (${folder}) has no marker .nightjar, as if its disk were not mounted: mount it. To go on without it, ` +
      `give --without-missing-roots. If it is the right disk and only the marker was lost, write ${marker} into ${folder}/.nightjar.`,
    { place: { file: folder } },
  );
}

function searchedRoot({ name, folder, marker }: FoundRoot): SearchedRoot[] {
  // A marker from the time of one folder has no id of a root; the next start completes it.
  return marker ? [{ id: marker.rootId ?? randomUUID(), name, folder }] : [];
}

function progressText({ camera, done, total }: ReindexProgress): string {
  return `${camera}: ${done} of ${total} files`;
}

function text(
  result: ReindexResult,
  missing: readonly string[],
  file: string,
  kept: string | undefined,
): string {
  const {
    cameras,
    streams,
    runs,
    segments,
    unfinished,
    gaps,
    lost,
    events,
    protections,
    bytes,
    left,
    faults,
  } = result;
  const lines = [
    ...missing.map(
      (name) =>
        `missing  the storage root ${name}: its footage is not in this index; make it anew once the disk is there`,
    ),
    ...left.slice(0, maxLeft).map(({ path: name, reason }) => `left out  ${name}: ${reason}`),
    ...(left.length > maxLeft ? [`left out  ${left.length - maxLeft} more`] : []),
    ...faults.map((fault) => `contradiction  ${fault}`),
    `${counted(cameras, 'camera')}, ${counted(streams, 'stream')}, ${counted(runs, 'run')}, ${counted(segments, 'segment')} with ${byteWords(bytes)}, ${counted(gaps, 'gap')}, ${counted(events, 'event')}, ${counted(protections, 'protection')}.`,
    ...(unfinished > 0
      ? [`${counted(unfinished, 'file was', 'files were')} not finished; the next start closes them.`]
      : []),
    ...(lost > 0
      ? [`Files are missing in ${counted(lost, 'place')}, and no journal says why: that time is \`lost\`.`]
      : []),
    kept === undefined
      ? `The new index is ${file}.`
      : `The new index is in its place; the old one is ${kept}.`,
    'Addresses and passwords of cameras are in no file: enter them in the web interface.',
  ];
  return lines.map((line) => `${line}\n`).join('');
}
