import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LineProcess } from './line_process.ts';

/** A recorder under measurement: it has begun to record all streams when it is made. */
export interface MeasuredRecorder {
  /** Processes whose trees are measured. */
  readonly pids: readonly number[];
  /** May be called twice. */
  stop(): Promise<void>;
  /** The folder with the files of one stream. */
  folderOf(stream: number): string;
}

const nightjar = fileURLToPath(new URL('../../../bin/nightjar', import.meta.url));

/** The whole server, with its API, index and syncs: cameras are added as a person would. */
export async function startNightjar(
  urls: readonly string[],
  folder: string,
): Promise<MeasuredRecorder & { cameraUrl(stream: number): string }> {
  const recordings = join(folder, 'recordings');
  const server = new LineProcess(nightjar, [
    ...['serve', '--json', '--port', '0', '--data-dir', join(folder, 'data'), '--recordings-dir', recordings],
    ...['--segment-seconds', '60', '--log-level', 'error'],
  ]);
  const { url } = (await server.line()) as { url: string };
  const ids: string[] = [];
  for (const [index, streamUrl] of urls.entries()) {
    const body = {
      name: `Camera ${index}`,
      streams: [{ role: 'main', url: streamUrl, transport: 'tcp', record: true }],
    };
    const response = await fetch(`${url}/api/v1/cameras`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (response.status !== 201)
      throw new Error(`adding a camera: ${response.status} ${await response.text()}`);
    ids.push(((await response.json()) as { id: string }).id);
  }
  return {
    pids: [server.pid],
    stop: () => server.stop('SIGTERM'),
    folderOf: (stream) => join(recordings, ids[stream]!),
    cameraUrl: (stream) => `${url}/api/v1/cameras/${ids[stream]}`,
  };
}

/** One ffmpeg per stream, as small recorders do it. */
export async function startFfmpeg(urls: readonly string[], folder: string): Promise<MeasuredRecorder> {
  const children: ChildProcess[] = [];
  for (const [index, url] of urls.entries()) {
    await mkdir(join(folder, String(index)), { recursive: true });
    const args = [
      ['-v', 'error', '-nostdin', '-rtsp_transport', 'tcp', '-i', url, '-c', 'copy'],
      ['-f', 'segment', '-segment_time', '60', join(folder, String(index), '%05d.mp4')],
    ].flat();
    children.push(spawn('ffmpeg', args, { stdio: ['ignore', 'ignore', 'inherit'] }));
  }
  const ended = Promise.all(children.map((child) => once(child, 'exit')));
  return {
    pids: children.map((child) => child.pid!),
    stop: async () => {
      for (const child of children) child.kill('SIGINT');
      await ended;
    },
    folderOf: (stream) => join(folder, String(stream)),
  };
}
