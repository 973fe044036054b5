import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type AtTheEnd, Cleanup } from '../fixtures/cleanup.ts';
import { framesOfFirstRun } from '../fixtures/first_run.ts';
import { NetworkNamespace } from '../fixtures/network_namespace.ts';
import { selfSigned } from '../fixtures/self_signed.ts';
import { storedSegment } from '../fixtures/stored_segment.ts';
import { type GstreamerCameraOptions, startGstreamerCamera } from '../gstreamer/gstreamer_camera.ts';
import { FfmpegCamera } from './ffmpeg_camera.ts';
import { readMedia } from './media.ts';
import type { Row, Way } from './rows.ts';
import type { SourceClip, SourceClips } from './source_clip.ts';
import { type Verdict, verdict } from './verdict.ts';
import { VlcCamera } from './vlc_camera.ts';

export interface Cell {
  readonly row: Row;
  readonly way: Way;
}

/** A camera that plays a clip once, and how the recorder is told to take it. */
interface Source {
  readonly url: string;
  /** Options of `nightjar record`. */
  readonly options: readonly string[];
  /** Resolves when the clip was played to its end. */
  readonly played: Promise<unknown>;
  /** Where the recorder runs, when that is not the network of this process. */
  readonly network?: NetworkNamespace;
}

const mainFile = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** For start, connection and the playing of the clip, on a busy machine. */
const playingMs = 40_000;
/** VLC begins before the recorder is there, so its clip is longer, and not played to its end. */
const vlcClip = { seconds: 12, frames: 60 };
/** For what is under way when the clip has been played. */
const settlingMs = 5_000;
const lastSoundMs = 300;
const account = { username: 'viewer', password: 'opens sesame' };

/** Records the clip of a row in one way by `nightjar record`, and compares. Leaves nothing behind. */
export async function runCell({ row, way }: Cell, clips: SourceClips): Promise<Verdict> {
  const cleanup = new Cleanup();
  try {
    const whole = way !== 'vlc';
    const clip = await clips.get(row.video, row.audio, whole ? undefined : vlcClip.seconds);
    const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-matrix-'));
    cleanup.after(() => rm(folder, { recursive: true, force: true }));
    const source = await openSource({ row, way }, { clip, clips, folder, cleanup });
    const outDir = path.join(folder, 'recorded');
    const words = await record(source, {
      outDir,
      frames: whole ? clip.video!.frames.length : vlcClip.frames,
      whole,
      cleanup,
    });
    const files = await filesOfFirstRun(outDir);
    if (files.length === 0)
      return { faults: [`nothing was recorded: ${words}`], frames: 0, soundS: 0, lateMs: 0 };
    return verdict(clip, await readMedia(files), { whole });
  } catch (error) {
    return { faults: [(error as Error).message], frames: 0, soundS: 0, lateMs: 0 };
  } finally {
    await cleanup.run();
  }
}

interface Setting {
  readonly clip: SourceClip;
  readonly clips: SourceClips;
  readonly folder: string;
  readonly cleanup: AtTheEnd;
}

async function openSource({ row, way }: Cell, setting: Setting): Promise<Source> {
  const { clip, cleanup } = setting;
  switch (way) {
    case 'tcp':
    case 'udp':
    case 'http':
      return gstreamer(row, clip, cleanup, account, [`--transport=${way}`]);
    case 'tls': {
      const { file, fingerprint } = await selfSigned(cleanup);
      return gstreamer(row, clip, cleanup, { ...account, tls: file }, [`--tls-fingerprint=${fingerprint}`]);
    }
    case 'multicast': {
      const [far, near] = await Promise.all([NetworkNamespace.create(), NetworkNamespace.create()]);
      cleanup.after(() => Promise.all([far.close(), near.close()]));
      await far.connect(near, ['10.77.0.1'], ['10.77.0.2']);
      const multicast = { network: far, address: '10.77.0.1' };
      const options = ['--transport=multicast'];
      return { ...(await gstreamer(row, clip, cleanup, { ...account, multicast }, options)), network: near };
    }
    case 'ffmpeg-tcp':
    case 'ffmpeg-udp':
      return ffmpeg(row, way === 'ffmpeg-tcp' ? 'tcp' : 'udp', setting);
    case 'vlc':
      return vlc(clip, cleanup);
  }
}

async function gstreamer(
  row: Row,
  clip: SourceClip,
  cleanup: AtTheEnd,
  camera: GstreamerCameraOptions,
  options: readonly string[],
): Promise<Source> {
  const own: GstreamerCameraOptions = { audio: false, ...row.gstreamer, ...camera, clip: clip.file };
  const started = await startGstreamerCamera(own);
  cleanup.after(() => started.stop());
  return {
    url: started.url('clip'),
    options: [...options, ...Object.entries(account).map(([name, value]) => `--${name}=${value}`)],
    played: started.framesSent(),
  };
}

async function ffmpeg(
  row: Row,
  transport: 'tcp' | 'udp',
  { clip, clips, folder, cleanup }: Setting,
): Promise<Source> {
  const { video = [], audio = [], from, describe } = row.ffmpeg ?? {};
  const camera = await FfmpegCamera.start({
    clip: from === undefined ? clip.file : (await clips.get(row.video, from)).file,
    folder,
    video: ['-c:v', 'copy', ...video],
    audio: row.audio && ['-c:a', 'copy', ...audio],
    ...(describe && { describe }),
  });
  cleanup.after(() => camera.stop());
  return { url: camera.url, options: [`--transport=${transport}`], played: camera.played };
}

async function vlc(clip: SourceClip, cleanup: AtTheEnd): Promise<Source> {
  const camera = await VlcCamera.start(clip.file);
  cleanup.after(() => camera.stop());
  return { url: camera.url, options: [], played: camera.played };
}

/** Records until so many pictures are in files, and a whole clip was played, or for too long; gives the last words of the recorder. */
async function record(
  source: Source,
  { outDir, frames, whole, cleanup }: { outDir: string; frames: number; whole: boolean; cleanup: AtTheEnd },
): Promise<string> {
  const words = [
    ...[mainFile, 'record', source.url, `--out=${outDir}`, '--duration=60', '--segment-seconds=1'],
    ...source.options,
  ];
  const [file, args] = source.network?.command(process.execPath, ...words) ?? [process.execPath, words];
  const recorder = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(recorder, 'exit');
  cleanup.after(async () => {
    if (recorder.exitCode === null && recorder.signalCode === null) {
      recorder.kill('SIGKILL');
      await ended;
    }
  });
  let errors = '';
  recorder.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-2000);
  });
  let deadline = performance.now() + playingMs;
  const settleBy = (deadlineMs: number) => {
    deadline = Math.min(deadline, deadlineMs);
  };
  let isPlayed = false;
  void source.played.then(() => {
    isPlayed = true;
    settleBy(performance.now() + settlingMs);
  });
  void ended.then(() => settleBy(performance.now()));
  const isRecorded = async () => (await framesOfFirstRun(outDir).catch(() => 0)) >= frames;
  while (performance.now() < deadline && !((isPlayed || !whole) && (await isRecorded()))) await pause(100);
  // The last sound may come after the last picture.
  if (whole) await pause(lastSoundMs);
  recorder.kill('SIGTERM');
  await ended;
  return errors.trim().split('\n').at(-1) ?? '';
}

/** A recorder that comes back after the end of the clip begins a second run. */
async function filesOfFirstRun(outDir: string): Promise<string[]> {
  const names = await readdir(outDir, { recursive: true }).catch(() => []);
  const files = names
    .filter((name) => name.endsWith('.mp4'))
    .sort()
    .map((name) => path.join(outDir, name));
  const runs = await Promise.all(
    files.map(async (file) => (await storedSegment(file)).header.identity.runId),
  );
  return files.filter((_, index) => runs[index] === runs[0]);
}
