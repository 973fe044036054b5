import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { AlarmService, type WatchedCamera } from './alarms/alarm_service.ts';
import type { LossFacts } from './alarms/findings.ts';
import { findBurst } from './api/activity_service.ts';
import type { StorageAnswer } from './api/contract/status.ts';
import { readCoverage } from './api/coverage_service.ts';
import { DiscoveryService } from './api/discovery_service.ts';
import { EventService } from './api/event_service.ts';
import { ProtectionService } from './api/protection_service.ts';
import { createServer, listen } from './api/server.ts';
import { readTimeline } from './api/timeline_service.ts';
import { UpdateFeed } from './api/updates/update_feed.ts';
import { Conversions } from './delivery/conversions.ts';
import { DeliveryService } from './delivery/delivery_service.ts';
import { ffmpegH264 } from './delivery/ffmpeg_h264.ts';
import { ffmpegJpeg } from './delivery/ffmpeg_jpeg.ts';
import { JpegPictures } from './delivery/jpeg_pictures.ts';
import { toNightjarError } from './errors/nightjar_error.ts';
import { EventLoopDelay } from './event_loop_delay.ts';
import { readClockSynchronisation } from './host/clock_synchronisation.ts';
import type { Camera } from './index/cameras.ts';
import type { Index } from './index/open_index.ts';
import { LiveHub } from './live/live_hub.ts';
import { searchAddress, searchNetwork } from './onvif/device_search.ts';
import type { PartOptions, Stops } from './part.ts';
import type { StreamStatus } from './recorder/status.ts';
import type { Supervisor } from './recorder/supervisor.ts';
import { type Recording, retentionRules, storageProblems } from './recording_part.ts';
import { retentionReport } from './retention/report.ts';
import { type RetentionSchedule, scheduleRetention } from './retention/schedule.ts';
import { defaultRootName } from './roots/root_folders.ts';
import type { RootStatus } from './roots/root_status.ts';
import { counted } from './units/amount_text.ts';
import type { UnixMillis } from './units/time.ts';
import { Verification } from './verification.ts';
import { version } from './version.ts';

const uiDir = fileURLToPath(new URL('../ui/dist', import.meta.url));
/** How long a probe looks at a stream. */
const probeSeconds = 5;

export interface ServingOptions extends PartOptions {
  readonly startedMs: UnixMillis;
  readonly recording: Recording;
  readonly running: Stops;
  readonly isStopping: () => boolean;
}

/** What people see and use, over what is recorded already, and the daily work of retention. */
export interface Serving {
  /** To open in a browser. */
  readonly url: string;
  /** How the server is at this moment, in one line of words. */
  summary(): string;
  /** To be stopped before recording is. */
  readonly firstToStop: Stops;
}

/**
 * Serves the HTTP API and the web interface, watches for alarms, and begins retention.
 *
 * @throws NightjarError `port_in_use`, `setting_invalid`
 */
export async function startServing(options: ServingOptions): Promise<Serving> {
  const { settings, clock, log, startedMs, recording, running, isStopping } = options;
  const { logger } = log;
  const { index, roots, journals, rootOf, sweep, supervisor, cameraService } = recording;
  let retention: RetentionSchedule | undefined;

  const verification = new Verification({
    losses: index.losses,
    passes: index.passes,
    databaseFile: recording.databaseFile,
    migrationsDir: recording.migrationsDir,
    roots,
    clock,
    logger,
    schedule: settings.verifySchedule,
    deepSchedule: settings.verifyDeepSchedule,
  });
  running.push(() => verification.stop());
  recording.returned.subscribe(() => verification.rootReturned());
  recording.footageDeleted.subscribe(() => verification.forgetSummary());
  const delivery = new DeliveryService({
    databaseFile: recording.databaseFile,
    roots: roots.folders,
    clock,
    logger,
    leases: recording.leases,
    openFootage: (id) => supervisor.openFootage(id),
    // Of a disk that is away another alarm tells.
    onUnreadable: ({ segmentId, rootId }) => {
      if (!roots.isAway(rootId)) verification.suspect(segmentId);
    },
  });
  running.push(() => delivery.stop());
  recording.footageDeleted.subscribe((segments) => delivery.footageDeleted(segments));
  const pictures = new JpegPictures({
    keyFrame: (request, http) => delivery.keyFrame(request, http),
    makeJpeg: (movie, signal) => ffmpegJpeg(movie, { clock, signal }),
  });
  const conversions = new Conversions({
    most: settings.conversions,
    segmentFile: (request, http) => delivery.segmentFile(request, http),
    convert: (movie, signal) => ffmpegH264(movie, { clock, signal }),
  });
  const live = new LiveHub({ source: supervisor, clock });
  supervisor.liveArrived.subscribe(({ streamId, items }) => live.live(streamId, items));
  supervisor.statusChanged.subscribe((status) => live.status(status));
  supervisor.viewingChanged.subscribe((status) => live.status(status));
  supervisor.streamRemoved.subscribe(({ streamId }) => live.gone(streamId));
  const events = new EventService({
    cameras: index.cameras,
    events: index.events,
    clock,
    newId: randomUUID,
    journal: (cameraId, entry) => journals.append('events', [rootOf(index.cameras.get(cameraId))], entry),
  });
  const protections = new ProtectionService({
    cameras: index.cameras,
    protections: index.protections,
    clock,
    newId: randomUUID,
    // A hold outlives any one disk: each says what is held.
    journal: (entry) => journals.append('holds', roots.folders.keys(), entry),
    log: logger,
  });
  const streamStatus = (id: string) => supervisor.streamStatus(id);
  const storage = () => storageAnswer(roots.statuses, settings.minFreeBytes);
  const updates = new UpdateFeed({ clock, version, cameras: index.cameras, streamStatus, storage });
  cameraService.changed.subscribe((cameraId) => updates.cameraChanged(cameraId));
  supervisor.statusChanged.subscribe(({ cameraId }) => updates.cameraChanged(cameraId));
  supervisor.footageGrew.subscribe((growth) => updates.footageGrew(growth));
  supervisor.footageDamaged.subscribe((damage) => updates.footageDamaged(damage));
  events.changed.subscribe((change) => updates.eventsChanged(change));
  recording.footageDeleted.subscribe((segments) => updates.footageDeleted(segments));
  verification.changed.subscribe((segments) => {
    recording.noteGaps(segments.filter(({ finding }) => finding !== 'intact'));
    // Whoever shows these instants asks anew.
    updates.footageDeleted(segments);
  });
  roots.checked.subscribe(() => updates.storageChecked());
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
  const alarms = new AlarmService({
    clock,
    log: logger,
    readClock: () => readClockSynchronisation(clock),
    facts: () => ({
      cameras: index.cameras.list().map((camera) => watchedCamera(camera, supervisor)),
      roots: roots.statuses.map((root) => ({
        ...root,
        isFull: root.state === 'full',
        freeBytes: root.freeBytes && Math.max(0, root.freeBytes - root.inFlightBytes),
        minFreeBytes: settings.minFreeBytes,
        missingBytes:
          sweep.lastResult?.shortfalls.find(({ rootId }) => rootId === root.id)?.missingBytes ?? 0,
      })),
      losses: lossFacts(verification, clock.now()),
      retentionOverdue: retention?.isOverdue() ?? false,
      excesses: (sweep.lastResult?.shortfalls ?? [])
        .filter(({ rule }) => rule !== 'min_free')
        .map(({ cameraId, missingBytes }) => ({ cameraId, bytes: missingBytes })),
    }),
  });
  running.push(() => alarms.stop());
  alarms.changed.subscribe((all) => updates.alarmsChanged(all));
  const delay = new EventLoopDelay(clock);
  running.push(() => delay.stop());

  const timelineSources = {
    footage: index.footage,
    openFootage: (id: string) => supervisor.openFootage(id),
    clock,
  };
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
      demoCameras: recording.demoCameras,
      streamStatus,
      newestMetadata: (streamId) => recording.metadata.get(streamId),
      // Loaded when a camera is looked at: most starts are not for that.
      async probe(request) {
        const { probe } = await import('./probe/probe.ts');
        return probe({ ...request, clock, seconds: probeSeconds });
      },
      discoveries,
      async readDevice({ address, username, password }) {
        const { readDevice } = await import('./onvif/device_reader.ts');
        return readDevice({ address, username, password, clock });
      },
      timeline: (request) => readTimeline({ ...timelineSources, events: index.events }, request),
      burst: (request) => findBurst(timelineSources, request),
      coverage: (request) => readCoverage(timelineSources, request),
      events,
      protections,
      retention: () => ({
        ...retentionReport({
          index,
          nowMs: clock.now(),
          ...retentionRules(settings),
          roots: roots.statuses,
          rootIdOf: ({ storageRoot }) => roots.idOf(storageRoot),
          bitsPerSecond: (id) => streamStatus(id)?.bitsPerSecond ?? 0,
          shortfalls: sweep.lastResult?.shortfalls ?? [],
        }),
        overdue: retention?.isOverdue() ?? false,
      }),
      delivery,
      pictures,
      conversions,
      updates,
      storage,
      live,
      alarms: () => alarms.alarms,
      problems: () => [...databaseProblems(index), ...storageProblems(roots)],
      process: () => processFigures(delay),
      supervision: () => {
        const { logLinesHeldBack, ...figures } = supervisor.supervision;
        return { ...figures, logLinesHeldBack: logLinesHeldBack + log.heldBack };
      },
      streamRestarts: (id) => supervisor.restarts(id),
      verification: {
        begin: (deep) => void verification.verifyNow(deep),
        report: () => verification.report(),
      },
      isStopping,
    },
  });
  running.push(() => server.close().then(() => {}));
  running.push(() => updates.stop());
  const url = await listen(server, settings);

  retention = scheduleRetention({ sweep, clock, log: logger, expression: settings.retentionSchedule });
  recording.complete();
  return {
    url,
    summary: () => summaryOf(index.cameras.list(), streamStatus, alarms.alarms.length),
    // Who watches is told at once.
    firstToStop: [() => live.stop(), () => retention.stop()],
  };
}

function storageAnswer(statuses: readonly RootStatus[], minFreeBytes: number): StorageAnswer {
  const { folder, usable, reason, totalBytes, freeBytes } = statuses[0]!;
  return {
    folder,
    usable,
    ...(reason !== undefined && { reason }),
    ...(totalBytes !== undefined && { totalBytes }),
    ...(freeBytes !== undefined && { freeBytes }),
    minFreeBytes,
    roots: [...statuses],
  };
}

function lossFacts(verification: Verification, nowMs: number): LossFacts {
  const { newestMs, ...lost } = verification.report().lost;
  return { ...lost, newestAgeMs: newestMs && Math.max(0, nowMs - newestMs) };
}

function watchedCamera({ id, name, storageRoot, streams }: Camera, supervisor: Supervisor): WatchedCamera {
  const recorded = streams.filter(({ record }) => record);
  return {
    id,
    name,
    streams: recorded.map((stream) => ({
      id: stream.id,
      role: stream.role,
      root: storageRoot ?? defaultRootName,
      quietMs: supervisor.quietMs(stream.id),
      status: supervisor.streamStatus(stream.id),
    })),
  };
}

function summaryOf(
  cameras: readonly Camera[],
  statusOf: (streamId: string) => StreamStatus | undefined,
  alarms: number,
): string {
  const wanted = cameras.flatMap(({ streams }) => streams.filter(({ record }) => record));
  const recorded = wanted.filter(({ id }) => statusOf(id)?.state === 'recording').length;
  const alarmed = alarms === 0 ? '' : ` Alarms: ${alarms}.`;
  return `${recorded} of ${counted(wanted.length, 'stream')} ${wanted.length === 1 ? 'is' : 'are'} recorded.${alarmed}`;
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

function processFigures(delay: EventLoopDelay) {
  const { user, system } = process.cpuUsage();
  return {
    residentBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1e6,
    eventLoopDelayMs: delay.worstMs,
  };
}
