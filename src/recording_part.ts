import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CameraService } from './api/camera_service.ts';
import { liveStretch } from './api/timeline_service.ts';
import { sleep } from './clock/clock.ts';
import { LeaseTable } from './delivery/lease_table.ts';
import { DemoService } from './demo_service.ts';
import { NightjarError } from './errors/nightjar_error.ts';
import { Topic } from './events/topic.ts';
import type { Camera } from './index/cameras.ts';
import { type Index, openIndex } from './index/open_index.ts';
import type { PartOptions, Stops } from './part.ts';
import { GapJournal } from './recorder/gap_journal.ts';
import { NewestMetadata } from './recorder/newest_metadata.ts';
import type { RecorderThreads } from './recorder/recorder_threads.ts';
import { recoverSegment } from './recorder/recovery.ts';
import { Supervisor } from './recorder/supervisor.ts';
import { type GoneSegment, journalGone } from './retention/gone_journal.ts';
import type { DeletedSegment } from './retention/removal.ts';
import { RetentionSweep } from './retention/sweep.ts';
import { RootReturns } from './root_returns.ts';
import { defaultRootName } from './roots/root_folders.ts';
import { RootJournals } from './roots/root_journals.ts';
import type { RootStatus } from './roots/root_status.ts';
import { StorageRoots } from './roots/storage_roots.ts';
import type { Settings } from './settings/setting_table.ts';
import { StrayFiles } from './stray_files.ts';
import { tellUntoldHolds } from './untold_holds.ts';

const migrationsDir = fileURLToPath(new URL('../migrations', import.meta.url));
/** Lines for the journals of a disk that does not answer are given up at the end after this. */
const journalPatienceMs = 500;

export type Recording = Awaited<ReturnType<typeof prepareRecording>>;

/**
 * All without which nothing is recorded: opens the index, finds the storage roots, and recovers what was left open in
 * them. `start` begins to record. Cameras wait for each file that this one imports: what serves people is not among them.
 *
 * @throws NightjarError
 */
export async function prepareRecording({
  settings,
  clock,
  log,
  threads,
  running,
}: PartOptions & { readonly threads: RecorderThreads; readonly running: Stops }) {
  const { logger } = log;
  const databaseFile = path.join(settings.dataDir, 'nightjar.db');
  const index = openIndex({ file: databaseFile, migrationsDir, clock });
  running.push(() => index.close());
  const { installationId } = index;
  // Nothing is on its way before there is a recorder.
  let recorder: Supervisor | undefined;
  const inFlightBytes = (rootId: string) => recorder?.inFlightBytes(rootId) ?? 0;
  const roots = await StorageRoots.prepare({
    roots: [{ name: defaultRootName, folder: settings.recordingsDir }, ...settings.storageRoots],
    ledger: index.roots,
    installationId,
    clock,
    inFlightBytes,
  });
  running.push(() => roots.stop());
  refuseUselessStart(index, roots);
  const returns = new RootReturns({ roots, index, clock, logger });
  await returns.recover();

  const journals = new RootJournals(roots.folders, (error) => {
    logger.warn({ err: error }, 'A journal beside the footage could not be written yet.');
  });
  // A disk that hangs must not keep the server from its end.
  running.push(() => Promise.race([journals.flush(), sleep(clock, journalPatienceMs)]));
  const rootOf = (camera: Camera | undefined) => roots.idOf(camera?.storageRoot);
  const cameraOf = (streamId: string) =>
    index.cameras.list().find(({ streams }) => streams.some(({ id }) => id === streamId));
  const journal = new GapJournal(
    (streamId) => rootOf(cameraOf(streamId)),
    (rootIds, entry) => journals.append('gaps', rootIds, entry),
  );
  const leases = new LeaseTable(clock);
  const footageDeleted = new Topic<readonly DeletedSegment[]>();
  const settled = journal.settled.bind(journal);
  const noteGaps = (segments: readonly GoneSegment[]) =>
    journalGone(segments, { gaps: index.footage.gaps, settled });
  footageDeleted.subscribe(noteGaps);
  const sweep = new RetentionSweep({
    index,
    roots: roots.folders,
    isRootPresent: (rootId) => roots.isPresent(rootId),
    inFlightBytes,
    ...retentionRules(settings),
    clock,
    lastSeenMs: index.ledger.lastHeartbeat(),
    log: logger,
    record: log.record,
    isLeased: (segmentId) => leases.isLeased(segmentId),
    openBytes: (streamId) => {
      return supervisor.openFootage(streamId).reduce((sum, open) => sum + liveStretch(open).bytes, 0);
    },
    onDeleted: (segments) => footageDeleted.publish(segments),
  });
  const supervisor = new Supervisor({
    index,
    journal,
    clock,
    log: logger,
    settings: {
      roots: roots.folders,
      rootIdOf: (name) => roots.idOf(name),
      syncMs: settings.syncSeconds * 1000,
      segmentMs: settings.segmentSeconds * 1000,
      workers: settings.workers,
    },
    takeThread: (workerSettings) => threads.take(workerSettings),
    isStorageUsable: (rootId) => roots.isUsable(rootId),
    makeRoom: (rootId) => sweep.makeRoom(rootId),
    repair: async (segment, rewrite) => {
      await recoverSegment(segment, { ledger: index.ledger, roots: roots.folders, log: logger, rewrite });
    },
  });
  recorder = supervisor;
  const metadata = new NewestMetadata();
  supervisor.metadataArrived.subscribe((document) => metadata.note(document));
  supervisor.streamRemoved.subscribe(({ streamId }) => metadata.forget(streamId));
  const cameraService = new CameraService({
    cameras: index.cameras,
    recorder: supervisor,
    clock,
    newId: randomUUID,
    storageRoots: roots.statuses.map(({ name }) => name),
  });
  const { dataDir } = settings;
  const demoCameras = new DemoService({ dataDir, clock, logger, cameras: index.cameras, cameraService });
  running.push(() => demoCameras.stop());
  /** The disk of a root is there again. */
  const returned = new Topic<RootStatus>();
  const strayFiles = new StrayFiles({ index, clock, logger });
  const tellHolds = (root: RootStatus) => {
    tellUntoldHolds(root, { protections: index.protections, journals }).catch((error) => {
      logger.warn({ err: error, root: root.name }, 'The journal of holds could not be completed.');
    });
  };
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= strayFiles.stop().then(() => supervisor.stop());
    return stopped;
  };
  running.push(stop);
  return {
    databaseFile,
    migrationsDir,
    returned,
    index,
    roots,
    journals,
    rootOf,
    leases,
    sweep,
    footageDeleted,
    /** Writes down beside the footage what became of these instants. */
    noteGaps,
    supervisor,
    metadata,
    cameraService,
    demoCameras,
    /** Records all cameras from now on. */
    async start(): Promise<{ readonly cameraCount: number }> {
      await demoCameras.restore();
      supervisor.prepare();
      returns.follow(supervisor, (root) => {
        journals.retry(root.id);
        tellHolds(root);
        strayFiles.search(root);
        returned.publish(root);
      });
      const cameras = index.cameras.list();
      supervisor.start(cameras);
      return { cameraCount: cameras.length };
    },
    /** Makes what is on the disks whole where an earlier life of the server left it incomplete; goes on by itself. */
    complete(): void {
      for (const status of roots.statuses) {
        if (roots.isAway(status.id)) continue;
        tellHolds(status);
        strayFiles.search(status);
      }
    },
    /** Ends all recording: closes all files, and resolves when the index knows of every one. May be called again. */
    stop,
  };
}

/** Whoever sets Nightjar up is told at once; later a disk that is away is no reason not to start. */
function refuseUselessStart(index: Index, roots: StorageRoots): void {
  const [problem] = storageProblems(roots);
  if (problem === undefined || index.cameras.list().length > 0) return;
  throw new NightjarError('recordings_unwritable', problem);
}

/** Why nothing at all can be recorded; empty while one root can be. */
export function storageProblems({ statuses }: StorageRoots): string[] {
  const reasons = statuses.flatMap(({ reason }) => reason ?? []);
  return reasons.length < statuses.length ? [] : reasons;
}

/** What the settings say of how long footage is kept. */
export function retentionRules(settings: Settings) {
  const { minFreeBytes, maxBytes, maxAgeDays, eventMaxAgeDays, minAgeHours } = settings;
  const limit = (value: number | 'none') => (value === 'none' ? undefined : value);
  return {
    minFreeBytes,
    maxBytes: limit(maxBytes),
    defaults: { maxAgeDays, eventMaxAgeDays: limit(eventMaxAgeDays), minAgeHours },
  };
}
