import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CameraService } from './api/camera_service.ts';
import { DiscoveryService } from './api/discovery_service.ts';
import { type ApiServer, createServer, listen } from './api/server.ts';
import { readTimeline } from './api/timeline_service.ts';
import { UpdateFeed } from './api/updates/update_feed.ts';
import type { Clock } from './clock/clock.ts';
import { DeliveryService } from './delivery/delivery_service.ts';
import { DemoService } from './demo_service.ts';
import { toNightjarError } from './errors/nightjar_error.ts';
import { EventLoopDelay } from './event_loop_delay.ts';
import { type Index, openIndex } from './index/open_index.ts';
import { LiveHub } from './live/live_hub.ts';
import type { Logger } from './logging/logger.ts';
import { readDevice } from './onvif/device_reader.ts';
import { searchAddress, searchNetwork } from './onvif/device_search.ts';
import { probe } from './probe/probe.ts';
import { adoptStrayFiles } from './recorder/adoption.ts';
import { GapJournal } from './recorder/gap_journal.ts';
import { NewestMetadata } from './recorder/newest_metadata.ts';
import { recoverOpenSegments, recoverSegment } from './recorder/recovery.ts';
import { Supervisor } from './recorder/supervisor.ts';
import { RecordingsFolder } from './recordings_folder.ts';
import { type RetentionSchedule, scheduleRetention } from './retention/schedule.ts';
import { RetentionSweep } from './retention/sweep.ts';
import type { Settings } from './settings/setting_table.ts';
import { version } from './version.ts';

const migrationsDir = fileURLToPath(new URL('../migrations', import.meta.url));
const uiDir = fileURLToPath(new URL('../ui/dist', import.meta.url));
/** How long a probe looks at a stream. */
const probeSeconds = 5;
/** A disk that was found full is given so much room at once. */
const makeRoomBytes = 256 * 1024 * 1024;
const retentionOverdue = 'Old footage could not be deleted for five minutes: the disk may fill. See the log.';

export interface AppOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A running server. */
export interface App {
  /** To open in a browser. */
  readonly url: string;
  readonly cameraCount: number;
  /** Records simulated cameras that run inside the server. */
  addDemoCameras(): Promise<void>;
  /** Closes all files; resolves when the index knows of every one. */
  stop(): Promise<void>;
}

/**
 * Starts everything, each part after those that it needs: index, recordings folder, recovery, API, recorder,
 * retention. Nothing is left running when a part cannot start.
 *
 * @throws NightjarError with what is wrong and what to do
 */
export async function startApp({ settings, clock, logger }: AppOptions): Promise<App> {
  const startedMs = clock.now();
  /** What to stop, in the order of its start. */
  const running: (() => void | Promise<void>)[] = [];
  let stopping = false;
  const stopAll = async () => {
    stopping = true;
    for (const stop of running.toReversed()) {
      try {
        await stop();
      } catch (error) {
        // What comes after it must be stopped all the same: the index last of all.
        logger.error({ err: error }, 'A part of the server did not stop in good order.');
      }
    }
  };

  try {
    const databaseFile = path.join(settings.dataDir, 'nightjar.db');
    const index = openIndex({ file: databaseFile, migrationsDir, clock });
    running.push(() => index.close());
    const { recordingsDir } = settings;
    const { installationId } = index;
    const recordings = await RecordingsFolder.prepare({
      folder: recordingsDir,
      installationId,
      clock,
      hasFootage: index.deletion.oldestSegments(clock.now(), 1).length > 0,
    });
    running.push(() => recordings.stop());
    await recoverOpenSegments({ ledger: index.ledger, recordingsDir, log: logger });

    const journal = new GapJournal(recordingsDir, (error) => {
      logger.warn({ err: error }, 'The journal of gaps could not be written.');
    });
    running.push(() => journal.flush());
    const sweep = new RetentionSweep({
      index,
      recordingsDir,
      isRootPresent: () => recordings.isPresent(),
      minFreeBytes: settings.minFreeBytes,
      defaultMaxAgeDays: settings.maxAgeDays,
      clock,
      log: logger,
      isLeased: (segmentId) => delivery.isLeased(segmentId),
      onDeleted: (segments) => {
        delivery.footageDeleted(segments);
        updates.footageDeleted(segments);
      },
    });
    const supervisor = createSupervisor({ settings, clock, logger, index, sweep, journal });
    const delivery = new DeliveryService({
      databaseFile,
      recordingsDir,
      clock,
      logger,
      openFootage: (id) => supervisor.openFootage(id),
    });
    running.push(() => delivery.stop());
    const live = new LiveHub({ source: supervisor, clock });
    supervisor.liveArrived.subscribe(({ streamId, items }) => live.live(streamId, items));
    supervisor.statusChanged.subscribe((status) => live.status(status));
    supervisor.viewingChanged.subscribe((status) => live.status(status));
    supervisor.streamRemoved.subscribe(({ streamId }) => live.gone(streamId));
    const metadata = new NewestMetadata();
    supervisor.metadataArrived.subscribe((document) => metadata.note(document));
    supervisor.streamRemoved.subscribe(({ streamId }) => metadata.forget(streamId));
    const cameraService = new CameraService({
      cameras: index.cameras,
      recorder: supervisor,
      clock,
      newId: randomUUID,
    });
    const streamStatus = (id: string) => supervisor.streamStatus(id);
    const storage = () => ({ ...recordings.status, minFreeBytes: settings.minFreeBytes });
    const updates = new UpdateFeed({ clock, version, cameras: index.cameras, streamStatus, storage });
    cameraService.changed.subscribe((cameraId) => updates.cameraChanged(cameraId));
    supervisor.statusChanged.subscribe(({ cameraId }) => updates.cameraChanged(cameraId));
    supervisor.footageGrew.subscribe((growth) => updates.footageGrew(growth));
    supervisor.footageDamaged.subscribe((damage) => updates.footageDamaged(damage));
    recordings.checked.subscribe(() => updates.storageChecked());
    const discoveries = new DiscoveryService({
      searches: {
        network: (signal) => searchNetwork({ clock, signal, interfaces: settings.discoveryInterfaces }),
        address: (address, signal) => searchAddress({ address, clock, signal }),
      },
      cameras: index.cameras,
      clock,
      newId: randomUUID,
    });
    running.push(() => discoveries.stop());
    const demoCameras = new DemoService({
      dataDir: settings.dataDir,
      clock,
      logger,
      cameras: index.cameras,
      cameraService,
    });
    const delay = new EventLoopDelay(clock);
    running.push(() => delay.stop());

    let retention: RetentionSchedule | undefined;
    const server = await createServer({
      logger,
      uiDir,
      host: settings.host,
      port: settings.port,
      services: {
        clock,
        version,
        installationId: index.installationId,
        startedMs,
        cameras: index.cameras,
        cameraService,
        demoCameras,
        streamStatus,
        newestMetadata: (streamId) => metadata.get(streamId),
        probe: (request) => probe({ ...request, clock, seconds: probeSeconds }),
        discoveries,
        readDevice: ({ address, username, password }) => readDevice({ address, username, password, clock }),
        timeline: (request) =>
          readTimeline(
            { footage: index.footage, openFootage: (id) => supervisor.openFootage(id), clock },
            request,
          ),
        delivery,
        updates,
        storage,
        live,
        problems: () => [
          ...databaseProblems(index),
          ...storageProblems(recordings),
          ...(retention?.isOverdue() ? [retentionOverdue] : []),
        ],
        process: () => processFigures(delay),
        isStopping: () => stopping,
      },
    });
    running.push(() => closeServer(server));
    running.push(() => updates.stop());
    // The port is taken before anything is recorded: a second start by mistake disturbs no camera.
    const url = await listen(server, settings);

    running.push(() => demoCameras.stop());
    await demoCameras.restore();
    running.push(() => supervisor.stop());
    const cameras = index.cameras.list();
    supervisor.start(cameras);
    // The first to stop: who watches is told at once.
    running.push(() => live.stop());
    retention = scheduleRetention({
      sweep,
      clock,
      log: logger,
      expression: settings.retentionSchedule,
    });
    running.push(() => retention?.stop());
    running.push(adoptInBackground({ index, recordingsDir, clock, logger }));
    const addDemoCameras = async () => {
      await demoCameras.add();
    };
    return { url, cameraCount: cameras.length, addDemoCameras, stop: stopAll };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

function createSupervisor(
  parts: AppOptions & { index: Index; sweep: RetentionSweep; journal: GapJournal },
): Supervisor {
  const { settings, clock, logger, index, sweep, journal } = parts;
  const { recordingsDir } = settings;
  return new Supervisor({
    index,
    journal,
    clock,
    log: logger,
    settings: {
      recordingsDir,
      syncMs: settings.syncSeconds * 1000,
      segmentMs: settings.segmentSeconds * 1000,
      workers: settings.workers,
    },
    makeRoom: async () => (await sweep.sweepNow(makeRoomBytes)).freedBytes > 0,
    repair: async (segment, rewrite) => {
      await recoverSegment(segment, { ledger: index.ledger, recordingsDir, log: logger, rewrite });
    },
  });
}

/** Looks for footage without a row while everything else runs. Returns how to stop that. */
function adoptInBackground(parts: {
  index: Index;
  recordingsDir: string;
  clock: Clock;
  logger: Logger;
}): () => Promise<void> {
  const { index, recordingsDir, clock, logger } = parts;
  const stop = new AbortController();
  const done = adoptStrayFiles({ recordingsDir, index, clock, signal: stop.signal }).then(
    ({ adopted, foreign, unreadable }) => {
      if (adopted.length > 0)
        logger.info({ files: adopted.length }, 'Footage without a row is in the index now.');
      if (foreign.length > 0) {
        const first = foreign[0];
        logger.warn(
          { files: foreign.length, first },
          'Footage of streams that the index does not know is left alone.',
        );
      }
      for (const file of unreadable)
        logger.warn({ file }, 'A file has no footage that can be read; it is left alone.');
    },
    (error) => logger.error({ err: error }, 'The search for footage without a row failed.'),
  );
  return async () => {
    stop.abort();
    await done;
  };
}

async function closeServer(server: ApiServer): Promise<void> {
  await server.close();
}

/** The index is asked for little, to see whether it answers at all. */
function databaseProblems(index: Index): string[] {
  try {
    index.cameras.list();
    return [];
  } catch (thrown) {
    return [`The index database cannot be read: ${toNightjarError(thrown).message}`];
  }
}

function storageProblems({ status }: RecordingsFolder): string[] {
  return status.reason === undefined ? [] : [status.reason];
}

function processFigures(delay: EventLoopDelay) {
  const { user, system } = process.cpuUsage();
  return {
    residentBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1e6,
    eventLoopDelayMs: delay.worstMs,
  };
}
