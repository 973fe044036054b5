import { Counter, Gauge, Registry } from 'prom-client';
import type { StreamCounters, StreamStatus } from '../recorder/status.ts';
import { streamStates } from './contract/camera.ts';
import type { StorageAnswer } from './contract/status.ts';
import type { ApiServices } from './ports.ts';

const streamLabels = ['camera', 'stream', 'role'] as const;
type StreamLabels = Record<(typeof streamLabels)[number], string>;

const counterHelp: Record<keyof StreamCounters, [name: string, help: string]> = {
  packets: ['packets_total', 'RTP packets received.'],
  packetsLost: ['packets_lost_total', 'RTP packets that never came.'],
  bytesReceived: ['received_bytes_total', 'Bytes received.'],
  framingBytesLost: ['framing_lost_bytes_total', 'Bytes skipped to find the framing again.'],
  framesWritten: ['frames_written_total', 'Pictures in files.'],
  audioFramesWritten: ['audio_frames_written_total', 'Sound frames in files.'],
  fragmentsWritten: ['fragments_written_total', 'Fragments in files.'],
  bytesWritten: ['written_bytes_total', 'Bytes in files.'],
  damagedUnits: ['damaged_units_total', 'Pictures and sounds that came in broken.'],
  damagedFootageMs: ['damaged_footage_milliseconds_total', 'Footage in files that shows damage.'],
  samplesDropped: ['samples_dropped_total', 'Samples that had no place on the time line.'],
  metadataPackets: ['metadata_packets_total', 'RTP packets with metadata.'],
  metadataDocuments: ['metadata_documents_total', 'Whole metadata documents received.'],
  metadataBytes: ['metadata_bytes_total', 'Bytes of metadata documents.'],
  metadataLost: ['metadata_lost_total', 'Metadata documents that could not be taken.'],
  reconnects: ['reconnects_total', 'Sessions after the first.'],
};

/** Every figure at this moment, as text for Prometheus. */
export async function collectMetrics(services: ApiServices): Promise<{ text: string; contentType: string }> {
  // A registry of its own for each answer: a camera that was removed leaves nothing behind.
  const registry = new Registry();
  addServer(registry, services);
  addStreams(registry, services);
  addAlarms(registry, services);
  return { text: await registry.metrics(), contentType: registry.contentType };
}

function addServer(registry: Registry, services: ApiServices): void {
  const gauge = (name: string, help: string, value: number | undefined) => {
    if (value !== undefined) new Gauge({ name: `nightjar_${name}`, help, registers: [registry] }).set(value);
  };
  const storage = services.storage();
  const { residentBytes, cpuSeconds, eventLoopDelayMs } = services.process();
  new Gauge({ name: 'nightjar_info', help: 'Version.', labelNames: ['version'], registers: [registry] }).set(
    { version: services.version },
    1,
  );
  gauge('healthy', '1 while database and storage are usable.', services.problems().length === 0 ? 1 : 0);
  gauge('started_seconds', 'When the server started, in Unix time.', services.startedMs / 1000);
  gauge('storage_usable', '1 while the recordings folder is usable.', storage.usable ? 1 : 0);
  gauge('storage_total_bytes', 'Size of the disk.', storage.totalBytes);
  gauge('storage_free_bytes', 'Free for Nightjar.', storage.freeBytes);
  gauge('storage_min_free_bytes', 'Kept free by retention.', storage.minFreeBytes);
  addRoots(registry, storage);
  const { lost, last, deep } = services.verification.report();
  gauge('missing_files', 'Recorded files that are gone.', lost.missing);
  gauge('damaged_files', 'Recorded files that are not what was recorded.', lost.damaged);
  gauge(
    'verified_seconds',
    'When all recorded files were looked at last, in Unix time.',
    last && last.endedMs / 1000,
  );
  gauge('verified_files', 'Files that were looked at then.', last?.checked);
  gauge(
    'read_seconds',
    'When all recorded files were last read from end to end, in Unix time.',
    deep.last && deep.last.endedMs / 1000,
  );
  gauge('resident_bytes', 'Memory of the process.', residentBytes);
  gauge(
    'event_loop_delay_seconds',
    'How late the main thread was at worst in the last minute.',
    eventLoopDelayMs / 1000,
  );
  const counter = (name: string, help: string, value: number) =>
    new Counter({ name: `nightjar_${name}`, help, registers: [registry] }).inc(value);
  counter('cpu_seconds_total', 'Processor time.', cpuSeconds);
  const { streamRestarts, workerRestarts, logLinesHeldBack } = services.supervision();
  counter('stream_restarts_total', 'Streams begun anew because nothing was committed.', streamRestarts);
  counter('worker_restarts_total', 'Recorder threads that were replaced.', workerRestarts);
  counter('log_lines_held_back_total', 'Lines not logged because they repeat.', logLinesHeldBack);
}

function addRoots(registry: Registry, { roots }: StorageAnswer): void {
  const gauge = (name: string, help: string) =>
    new Gauge({
      name: `nightjar_storage_root_${name}`,
      help,
      labelNames: ['root'] as const,
      registers: [registry],
    });
  const usable = gauge('usable', '1 while it can be recorded to this storage root.');
  const total = gauge('total_bytes', 'Size of its disk.');
  const free = gauge('free_bytes', 'Free on it for Nightjar.');
  const inFlight = gauge('in_flight_bytes', 'In memory, or written and not yet synced.');
  for (const { name: root, ...status } of roots) {
    usable.set({ root }, status.usable ? 1 : 0);
    inFlight.set({ root }, status.inFlightBytes);
    if (status.totalBytes !== undefined) total.set({ root }, status.totalBytes);
    if (status.freeBytes !== undefined) free.set({ root }, status.freeBytes);
  }
}

function addStreams(registry: Registry, services: ApiServices): void {
  const options = { labelNames: streamLabels, registers: [registry] };
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `nightjar_stream_${name}`, help, ...options });
  const state = new Gauge({
    name: 'nightjar_stream_state',
    help: '1 for the state that the stream is in.',
    labelNames: [...streamLabels, 'state'] as const,
    registers: [registry],
  });
  const bits = gauge('bits_per_second', 'Received over the last seconds.');
  const frames = gauge('frames_per_second', 'Received over the last seconds.');
  const age = gauge('last_footage_age_seconds', 'Age of the newest footage in a file.');
  const lossBound = gauge('loss_bound_seconds', 'What a power cut can cost at most.');
  const slowest = gauge('slowest_write_seconds', 'The longest that a call of its disk took lately.');
  const queued = gauge('queued_bytes', 'Bytes that wait for the disk.');
  const counters = Object.entries(counterHelp).map(([key, [name, help]]) => {
    return [
      key as keyof StreamCounters,
      new Counter({ name: `nightjar_stream_${name}`, help, ...options }),
    ] as const;
  });

  for (const { labels, status } of streamsOf(services)) {
    for (const name of streamStates) state.set({ ...labels, state: name }, status.state === name ? 1 : 0);
    bits.set(labels, status.bitsPerSecond);
    frames.set(labels, status.framesPerSecond);
    lossBound.set(labels, status.lossBoundMs / 1000);
    queued.set(labels, status.queuedBytes);
    slowest.set(labels, status.slowestWriteMs / 1000);
    if (status.lastFootageMs !== undefined) {
      age.set(labels, Math.max(0, services.clock.now() - status.lastFootageMs) / 1000);
    }
    for (const [key, counter] of counters) counter.inc(labels, status.counters[key]);
  }
}

function addAlarms(registry: Registry, services: ApiServices): void {
  const gauge = new Gauge({
    name: 'nightjar_alarm',
    help: '1 for each alarm that is raised.',
    labelNames: ['kind', 'severity', 'camera', 'stream', 'root'],
    registers: [registry],
  });
  for (const { kind, severity, cameraId = '', streamId = '', root = '' } of services.alarms()) {
    gauge.set({ kind, severity, camera: cameraId, stream: streamId, root }, 1);
  }
}

function streamsOf(services: ApiServices): { labels: StreamLabels; status: StreamStatus }[] {
  return services.cameras.list().flatMap((camera) =>
    camera.streams.flatMap(({ id, role }) => {
      const status = services.streamStatus(id);
      return status ? [{ labels: { camera: camera.id, stream: id, role }, status }] : [];
    }),
  );
}
