/**
 * A clip of a whole day of a camera at 4 Mbit/s, 43 GB, out of a server of its own over loopback: time to the first byte,
 * also after its size was asked for as the page does, throughput against `cat` of the same files into a socket, and the
 * memory of the server meanwhile. The files of one hour stand for those of all 24, each as a run of its own.
 */

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '../../src/clock/system_clock.ts';
import { openIndex } from '../../src/index/open_index.ts';
import { unixMillis } from '../../src/units/time.ts';
import { Cleanup } from '../fixtures/cleanup.ts';
import { migrationsDir } from '../fixtures/index_fixture.ts';
import { recordRun } from '../fixtures/recorded_footage.ts';
import { testIds } from '../fixtures/segment_file.ts';
import { serveStoredFootage } from '../fixtures/stored_footage.ts';
import { syntheticFootage } from '../fixtures/synthetic_footage.ts';
import { testRootId } from '../fixtures/test_root.ts';
import { NightjarProcess } from '../process/nightjar_process.ts';

const hours = 24;
const hourMs = 3_600_000;
const megabyte = 1024 * 1024;
const goals = { firstByteMs: 150, ratio: 0.5 };
const startMs = Math.floor(Date.now() / 1000) * 1000 - (hours + 1) * hourMs;

/** @returns the files in order */
function record(folder: string): string[] {
  const [dataDir, recordingsDir] = [join(folder, 'data'), join(folder, 'recordings')];
  for (const each of [dataDir, recordingsDir]) mkdirSync(each);
  const index = openIndex({ file: join(dataDir, 'nightjar.db'), migrationsDir, clock: systemClock });
  index.roots.identify(testRootId, 'default');
  const { streamId, cameraId } = testIds;
  index.cameras.insert({
    id: cameraId,
    name: 'Driveway',
    createdMs: unixMillis(startMs),
    streams: [{ id: streamId, role: 'main', url: 'rtsp://127.0.0.1:9/1', transport: 'auto', record: true }],
  });
  const tracks = syntheticFootage(hourMs / 1000);
  const hour = recordRun({ dir: recordingsDir, tracks, startMs, segmentSeconds: 60, streamId });
  const files: string[] = [];
  for (let number = 0; number < hours; number++) {
    const [runId, laterMs] = [randomUUID(), number * hourMs];
    const later = (ms: number) => unixMillis(ms + laterMs);
    for (const { reservation, run, summary } of hour) {
      const id = randomUUID();
      const path = `${streamId}/${runId}/${later(summary.startMs)}-${reservation.number}.mp4`;
      mkdirSync(dirname(join(recordingsDir, path)), { recursive: true });
      linkSync(join(recordingsDir, reservation.path), join(recordingsDir, path));
      files.push(join(recordingsDir, path));
      const provisionalStartMs = later(reservation.provisionalStartMs);
      index.ledger.reserve({ ...reservation, id, runId, path, provisionalStartMs }, { ...run, id: runId });
      const fragments = summary.fragments.map((fragment) => ({
        ...fragment,
        startMs: later(fragment.startMs),
        arrivalMs: later(fragment.arrivalMs),
      }));
      const [from, to] = [later(summary.startMs), later(summary.endMs)];
      index.ledger.close({ ...summary, id, startMs: from, endMs: to, fragments }, { overlap: false });
    }
  }
  for (const { reservation } of hour) rmSync(join(recordingsDir, reservation.path));
  const marker = { installationId: index.installationId, rootId: testRootId };
  writeFileSync(join(recordingsDir, '.nightjar'), `${JSON.stringify(marker)}\n`);
  index.close();
  return files;
}

/** Reads a socket to its end. @returns how it began, bytes, and when the first and the last came */
async function drain(socket: Socket) {
  let [bytes, firstMs, head] = [0, 0, ''];
  socket.on('data', (chunk) => {
    firstMs ||= performance.now();
    head ||= chunk.toString('latin1', 0, 1_000);
    bytes += chunk.length;
  });
  await once(socket, 'close');
  return { bytes, firstMs, lastMs: performance.now(), head };
}

async function ask(url: string, method: string, path: string, headers: readonly string[] = []) {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const beginMs = performance.now();
  socket.write(
    [`${method} ${path} HTTP/1.1`, `host: ${host}`, 'connection: close', ...headers, '', ''].join('\r\n'),
  );
  const { bytes, firstMs, lastMs, head } = await drain(socket);
  if (!/^HTTP\/1\.1 20[06]/.test(head)) throw new Error(head);
  return { bytes, firstByteMs: firstMs - beginMs, seconds: (lastMs - beginMs) / 1000 };
}

async function cat(files: readonly string[]) {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const beginMs = performance.now();
  const child = spawn('bash', ['-c', `cat "$@" > /dev/tcp/127.0.0.1/${port}`, 'bash', ...files]);
  const [socket] = (await once(server, 'connection')) as [Socket];
  const { bytes, lastMs } = await drain(socket);
  if (child.exitCode === null) await once(child, 'exit');
  server.close();
  return { bytes, seconds: (lastMs - beginMs) / 1000 };
}

const residentBytes = (pid: number) =>
  1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);

const cleanup = new Cleanup();
try {
  const folder = mkdtempSync(join(tmpdir(), 'nightjar-bench-'));
  cleanup.after(() => rmSync(folder, { recursive: true }));
  const files = record(folder);
  const server = new NightjarProcess(cleanup, serveStoredFootage, { cwd: folder });
  const url = await server.url();
  const path = (shiftMs: number) =>
    `/api/v1/cameras/${testIds.cameraId}/clip.mp4?from=${startMs + shiftMs}&to=${startMs + hours * hourMs}`;
  const begin = ['range: bytes=0-65535'];
  await ask(
    url,
    'GET',
    `/api/v1/cameras/${testIds.cameraId}/clip.mp4?from=${startMs}&to=${startMs + 60_000}`,
    begin,
  );
  const anew: number[] = [];
  const told: number[] = [];
  for (let time = 1; time <= 3; time++) {
    anew.push((await ask(url, 'GET', path(time), begin)).firstByteMs);
    await ask(url, 'HEAD', path(10 + time));
    told.push((await ask(url, 'GET', path(10 + time), begin)).firstByteMs);
  }
  await ask(url, 'HEAD', path(0));
  const { pid } = server.child;
  const restingBytes = residentBytes(pid!);
  let mostBytes = restingBytes;
  const watch = setInterval(() => {
    mostBytes = Math.max(mostBytes, residentBytes(pid!));
  }, 250);
  const clip = await ask(url, 'GET', path(0));
  clearInterval(watch);
  const plain = await cat(files);
  const rate = ({ bytes, seconds }: { bytes: number; seconds: number }) => bytes / megabyte / seconds;
  const ratio = rate(clip) / rate(plain);
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[1]!;
  console.log(`clip of ${hours} h, ${files.length} files, ${(clip.bytes / 1e9).toFixed(1)} GB`);
  console.log(
    `first byte, clip to be laid out:        ${median(anew).toFixed(0)} ms (to reach: ${goals.firstByteMs} ms)`,
  );
  console.log(`first byte, size was asked for before:  ${median(told).toFixed(0)} ms`);
  console.log(
    `throughput:                             ${rate(clip).toFixed(0)} MB/s, cat ${rate(plain).toFixed(0)} MB/s`,
  );
  console.log(`throughput against cat:                 ${ratio.toFixed(2)} (to reach: ${goals.ratio})`);
  console.log(`memory of the server before:            ${(restingBytes / megabyte).toFixed(0)} MB`);
  console.log(
    `memory grown while sending:             ${((mostBytes - restingBytes) / megabyte).toFixed(0)} MB`,
  );
} finally {
  await cleanup.run();
}
