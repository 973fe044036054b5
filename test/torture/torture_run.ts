/**
 * The server as a process of its own records cameras whose every connection goes wrong; then its files, read by ffprobe,
 * and its timeline are compared with what was sent.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { RtspServer } from '../../src/rtsp/server.ts';
import { demoClip } from '../../src/simulator/clip.ts';
import { runTool } from '../fixtures/ffprobe.ts';
import { until } from '../fixtures/until.ts';
import { connectionPlan, endings } from './fault_plan.ts';
import { judge, type Verdict } from './judge.ts';
import { type ParameterSets, TortureCamera } from './torture_camera.ts';

const mainFile = path.join(import.meta.dirname, '../../src/main.ts');
/** After the last connection its end is a gap; the index says so at the latest after this. */
const decidedMs = 20_000;

export interface TortureOptions {
  readonly seed: number;
  readonly connections: number;
  readonly cameras: number;
  /** See `connectionPlan`. */
  readonly quick: boolean;
  /** The whole must end within this. */
  readonly limitMs: number;
}

export interface TortureFigures extends Omit<Verdict, 'doubtful'> {
  readonly connections: number;
  readonly doubtful: Readonly<Record<string, number>>;
  readonly faultsInjected: Readonly<Record<string, number>>;
  readonly files: number;
  readonly gaps: number;
  readonly damages: number;
}

export async function torture(options: TortureOptions): Promise<TortureFigures> {
  const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-torture-'));
  const cameras = await makeCameras(options);
  const byPath = new Map(cameras.map((camera) => [camera.path, camera]));
  const find = (name: string) => {
    const camera = byPath.get(name.split('/')[0]!);
    return camera?.isDone ? undefined : camera;
  };
  const server = await RtspServer.listen({ clock: systemClock, find });
  const recorder = startRecorder(folder);
  try {
    const api = `${await recorder.url}/api/v1`;
    const added = await Promise.all(cameras.map((camera) => addCamera(api, camera, server.port)));
    await within(options.limitMs, () => cameras.every((camera) => camera.isDone));
    const doneMs = systemClock.now();
    let timelines: TimelineAnswer[] = [];
    await within(decidedMs, async () => {
      timelines = await Promise.all(added.map((camera) => readTimeline(api, camera)));
      return timelines.every(({ knownToMs }) => knownToMs > doneMs);
    });
    await recorder.end();
    const hashes = await Promise.all(
      added.map((camera) => hashesOf(path.join(folder, 'recordings', camera.id))),
    );
    const verdicts = cameras.map((camera, index) => {
      return judge(camera.path, camera.connections, hashes[index]!.hashes, timelines[index]!);
    });
    return figuresOf({
      cameras,
      verdicts,
      timelines,
      files: hashes.reduce((sum, { files }) => sum + files, 0),
    });
  } finally {
    await recorder.end();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function within(limitMs: number, condition: () => boolean | Promise<boolean>): Promise<void> {
  const beganMs = systemClock.monotonic();
  await until(async () => {
    if (systemClock.monotonic() - beganMs > limitMs) throw new Error(`It takes longer than ${limitMs} ms.`);
    return condition();
  });
}

async function makeCameras({ seed, connections, cameras, quick }: TortureOptions): Promise<TortureCamera[]> {
  const parameterSets = (await Promise.all([setsOf('main'), setsOf('sub')])) as unknown as ParameterSets;
  return Array.from({ length: cameras }, (_, number) => {
    const transport = number % 2 === 0 ? 'tcp' : 'udp';
    const share = Math.floor(connections / cameras) + (number < connections % cameras ? 1 : 0);
    const plans = Array.from({ length: share }, (_unused, index) => {
      return connectionPlan(seed * 1_000_003 + number * 1_009 + index, { transport, quick });
    });
    return new TortureCamera({ number, transport, plans, parameterSets, clock: systemClock });
  });
}

async function setsOf(name: 'main' | 'sub'): Promise<Uint8Array[]> {
  const { pictures } = await demoClip(name);
  return pictures[0]!.nalUnits.filter((nalUnit) => [7, 8].includes(nalUnit[0]! & 0x1f));
}

function startRecorder(folder: string): { readonly url: Promise<string>; end(): Promise<void> } {
  const words = ['serve', '--port', '0', '--min-free-bytes', '0', '--segment-seconds', '60'];
  const child = spawn(process.execPath, [mainFile, ...words], {
    cwd: folder,
    env: { ...process.env, NIGHTJAR_DISCOVERY_INTERFACES: 'lo' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = once(child, 'exit');
  const url = new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      if (text.length < 100_000) text += part;
      const found = /http:\/\/[\w.:[\]]+/.exec(text);
      if (found) resolve(found[0]);
    });
    void exited.then(() => reject(new Error(`The recorder ended before it served anything: ${text}`)));
  });
  url.catch(() => {});
  const end = async () => {
    if (child.exitCode === null) child.kill('SIGTERM');
    await exited;
  };
  return { url, end };
}

async function addCamera(api: string, camera: TortureCamera, port: number): Promise<CameraAnswer> {
  const url = `rtsp://127.0.0.1:${port}/${camera.path}`;
  const answer = await fetch(`${api}/cameras`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      name: camera.path,
      streams: [{ role: 'main', url, transport: camera.transports[0], record: true }],
    }),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as CameraAnswer;
}

async function readTimeline(api: string, { id, createdMs }: CameraAnswer): Promise<TimelineAnswer> {
  const window = `from=${createdMs - 10_000}&to=${systemClock.now()}`;
  return (await (await fetch(`${api}/cameras/${id}/timeline?${window}`)).json()) as TimelineAnswer;
}

/** What another reader finds in the files of a camera. */
async function hashesOf(folder: string): Promise<{ hashes: string[]; files: number }> {
  const names = await readdir(folder, { recursive: true });
  const files = names.filter((name) => name.endsWith('.mp4'));
  const hashes: string[] = [];
  for (const file of files) {
    const fields = [
      '-show_packets',
      '-show_data_hash',
      'md5',
      '-show_entries',
      'packet=data_hash',
      '-of',
      'csv=p=0',
    ];
    const { output } = await runTool('ffprobe', ['-v', 'quiet', ...fields, path.join(folder, file)]);
    hashes.push(
      ...[...output.toString('latin1').matchAll(/MD5:([0-9a-f]{32})/gi)].map(([, hash]) =>
        hash!.toLowerCase(),
      ),
    );
  }
  return { hashes, files: files.length };
}

function figuresOf(found: {
  cameras: readonly TortureCamera[];
  verdicts: readonly Verdict[];
  timelines: readonly TimelineAnswer[];
  files: number;
}): TortureFigures {
  const { cameras, verdicts, timelines, files } = found;
  const sum = (key: 'sent' | 'written' | 'broken') => verdicts.reduce((total, each) => total + each[key], 0);
  const doubtful: Record<string, number> = {};
  for (const { doubtful: own } of verdicts) {
    for (const [why, count] of own) doubtful[why] = (doubtful[why] ?? 0) + count;
  }
  const faultsInjected: Record<string, number> = Object.fromEntries(endings.map((ending) => [ending, 0]));
  const connections = cameras.flatMap((camera) => camera.connections);
  for (const { plan } of connections) {
    for (const kind of [plan.ending, ...plan.faults.map((fault) => fault.kind)]) {
      faultsInjected[kind] = (faultsInjected[kind] ?? 0) + 1;
    }
  }
  return {
    connections: connections.length,
    faultsInjected,
    sent: sum('sent'),
    written: sum('written'),
    broken: sum('broken'),
    doubtful,
    files,
    gaps: timelines.reduce((total, { gaps }) => total + gaps.length, 0),
    damages: timelines.reduce((total, { damages }) => total + damages.length, 0),
    faults: verdicts.flatMap(({ faults }) => faults),
  };
}
