import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { NightjarError } from '../errors/nightjar_error.ts';
import { backUpDatabase } from '../index/backup.ts';
import { type Index, openIndex, requireSoundIndex } from '../index/open_index.ts';
import { replaceDatabase } from '../index/replace_database.ts';
import { journalLines, type SearchedRoot } from '../reindex/found_footage.ts';
import { GapHistory } from '../reindex/gap_history.ts';
import { inOrderOfTime } from '../reindex/journal_order.ts';
import { tellMissedGaps } from '../reindex/missed_gaps.ts';
import { reserveNewestFiles } from '../reindex/newest_files.ts';
import { type EventLine, readEventLine, ToldProtections } from '../reindex/told_events.ts';
import { type FoundRoot, findRoots } from '../roots/mounted_roots.ts';
import { counted } from '../units/amount_text.ts';
import { type UnixMillis, unixMillis } from '../units/time.ts';
import { type CommandProcess, exitGood, type Invocation } from './command.ts';
import { dateSuffix } from './date_suffix.ts';
import { type FileChanges, noteRestoredFiles } from './restored_files.ts';
import { configuredRoots, settingsOf } from './settings_of.ts';

const migrationsDir = fileURLToPath(new URL('../../migrations', import.meta.url));

/** What was done to the restored index so that it fits what happened since. */
interface Catching extends FileChanges {
  /** That lasted then, or began since. */
  readonly gaps: number;
  readonly protections: number;
  /** Protections of the backup that were released since. */
  readonly released: number;
  /** That began since. */
  readonly events: number;
  /** That went on at the time of the backup, and ended since. */
  readonly endedEvents: number;
}

/** Puts a backup in the place of the index, which is kept, while no server runs. */
export async function run(invocation: Invocation): Promise<number> {
  const { process, json, operands } = invocation;
  const settings = await settingsOf(invocation);
  const source = path.resolve(process.workingDir, operands[0]!);
  const live = path.join(settings.dataDir, 'nightjar.db');
  const roots = await findRoots(configuredRoots(settings));
  if (!existsSync(source)) {
    throw new NightjarError('database_missing', `There is no file ${source}.`, { place: { file: source } });
  }
  requireSoundIndex(source);
  const date = dateSuffix(process.clock.now());
  const { kept, made: catching } = await replaceDatabase(live, {
    suffix: `.before-restore-${date}`,
    async prepare(staged) {
      // Through SQLite: an index that was put aside may have its write-ahead log beside it.
      await backUpDatabase(source, staged, { signal: process.signal, onProgress: () => {} });
      const catching = await catchUp(staged, roots, process);
      process.signal.throwIfAborted();
      return catching;
    },
  });
  process.stdout.write(
    json ? `${JSON.stringify({ file: live, kept, ...catching })}\n` : text(live, kept, catching),
  );
  return exitGood;
}

/** Brings the schema up to date, and tells the index what the files and journals say of the time since the backup. */
async function catchUp(
  file: string,
  roots: readonly FoundRoot[],
  { clock, signal }: CommandProcess,
): Promise<Catching> {
  const index = openIndex({ file, migrationsDir, clock });
  try {
    refuseForeignRoots(index.installationId, roots);
    const mounted = mountedRoots(index, roots);
    const told = await toldGaps(roots);
    const protections = await missedProtections(index, roots);
    const events = await missedEvents(index, roots);
    const gaps = await missedGaps(index, mounted, told, clock.now());
    const files = await noteRestoredFiles({
      index,
      file,
      migrationsDir,
      roots: new Map(mounted.map(({ id, folder }) => [id, folder])),
      told,
      nowMs: clock.now(),
      signal,
    });
    return { ...files, gaps, ...protections, ...events };
  } finally {
    index.close();
  }
}

function refuseForeignRoots(installationId: string, roots: readonly FoundRoot[]): void {
  const foreign = roots.find(({ marker }) => marker && marker.installationId !== installationId);
  if (!foreign) return;
  const detail = `The backup is of another installation than the footage in ${foreign.folder}.`;
  throw new NightjarError('recordings_of_another', detail, { place: { file: foreign.folder } });
}

/** Those of the index whose disks are there. */
function mountedRoots(index: Index, roots: readonly FoundRoot[]): SearchedRoot[] {
  const known = index.roots.list();
  return roots.flatMap(({ name, folder, marker }) => {
    // A marker from the time of one folder has no id of a root.
    const root =
      marker &&
      known.find(({ id, name: own }) => id === (marker.rootId ?? id) && (marker.rootId || own === name));
    return root ? [{ id: root.id, name, folder }] : [];
  });
}

async function toldGaps(roots: readonly FoundRoot[]): Promise<GapHistory> {
  const told = new GapHistory();
  const lines = inOrderOfTime(roots.map(({ folder }) => journalLines(folder, 'gaps')));
  for await (const line of lines) told.add(line);
  return told;
}

/** Why there was no footage since, and up to when there was some. */
async function missedGaps(
  index: Index,
  mounted: readonly SearchedRoot[],
  told: GapHistory,
  nowMs: UnixMillis,
): Promise<number> {
  const { gaps, newestMs } = tellMissedGaps(index, told);
  const fileMs = await reserveNewestFiles(index, mounted);
  // The recorder lived then: what lasted at its end went on up to here.
  const signs = [index.ledger.lastHeartbeat(), newestMs, fileMs].filter(
    (sign) => sign !== undefined && sign <= nowMs,
  );
  if (signs.length > 0) index.ledger.heartbeat(unixMillis(Math.max(...(signs as number[]))));
  return gaps;
}

/** What was protected since must stay protected, and what was released is not. */
async function missedProtections(
  index: Index,
  roots: readonly FoundRoot[],
): Promise<Pick<Catching, 'protections' | 'released'>> {
  const told = new ToldProtections();
  for (const root of roots) for await (const line of journalLines(root.folder, 'holds')) told.add(line);
  const released = index.protections.list().filter(({ id }) => told.isReleased(id));
  for (const { id } of released) index.protections.remove(id);
  let protections = 0;
  for (const protection of told.inForce()) {
    const isKnown = protection.cameraId === undefined || index.cameras.get(protection.cameraId);
    if (!isKnown || index.protections.get(protection.id)) continue;
    index.protections.insert(protection);
    protections += 1;
  }
  return { protections, released: released.length };
}

/** What began since; then what ended, as a camera that was moved has its beginning and its end in different journals. */
async function missedEvents(
  index: Index,
  roots: readonly FoundRoot[],
): Promise<Pick<Catching, 'events' | 'endedEvents'>> {
  const begun = new Set<string>();
  let endedEvents = 0;
  for await (const told of toldEvents(roots)) {
    if (told.kind !== 'event' || !index.cameras.get(told.event.cameraId)) continue;
    if (index.events.get(told.event.cameraId, told.event.id)) continue;
    index.events.insert(told.event);
    begun.add(told.event.id);
  }
  for await (const told of toldEvents(roots)) {
    if (told.kind !== 'end' || !index.events.end(told.id, told.endMs, told.data)) continue;
    if (!begun.has(told.id)) endedEvents += 1;
  }
  return { events: begun.size, endedEvents };
}

async function* toldEvents(roots: readonly FoundRoot[]): AsyncGenerator<EventLine> {
  for (const { folder } of roots) {
    for await (const line of journalLines(folder, 'events')) {
      const told = readEventLine(line);
      if (told) yield told;
    }
  }
}

function text(file: string, kept: string | undefined, catching: Catching): string {
  const { gone, missing, damaged, gaps, protections, released, events, endedEvents } = catching;
  const lines = [
    `${file} is the backup now${kept === undefined ? '' : `; what was there is ${kept}`}.`,
    'Footage that was recorded since is taken into the index after the next start.',
    ...(gone > 0
      ? [
          `${counted(gone, 'file was', 'files were')} deleted since; the next start forgets ${gone === 1 ? 'it' : 'them'}.`,
        ]
      : []),
    ...(missing > 0
      ? [
          `${counted(missing, 'file is', 'files are')} missing; put back, ${missing === 1 ? 'it counts' : 'they count'} again soon after a start.`,
        ]
      : []),
    ...(damaged > 0 ? [`${counted(damaged, 'file is', 'files are')} damaged.`] : []),
    ...(protections + events + gaps > 0
      ? [
          `From the journals: ${counted(gaps, 'gap')}, ${counted(protections, 'protection')} and ${counted(events, 'event')} since.`,
        ]
      : []),
    ...(released + endedEvents > 0
      ? [
          `Since then ${counted(released, 'protection was', 'protections were')} released and ${counted(endedEvents, 'event')} ended.`,
        ]
      : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
