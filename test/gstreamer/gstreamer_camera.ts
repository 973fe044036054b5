import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { NetworkNamespace } from '../fixtures/network_namespace.ts';

/** Debian's Python, which has GStreamer's bindings; another `python3` on the PATH may not. */
const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('rtsp_camera.py', import.meta.url));

type CameraProcess = ChildProcessByStdio<Writable, Readable, null>;

export type GstreamerVideo = 'h264' | 'h265' | 'jpeg';
export type GstreamerAudio = 'aac' | 'latm' | 'pcmu' | 'pcma' | 'opus' | 'g722' | 'g726' | 'l16';

export interface GstreamerCameraOptions {
  /**
   * MP4 or Matroska file with the codecs named below: played from its beginning on the path `clip`. `latm` is AAC in
   * the file, and G.726 has its first sample in the high bits there.
   */
  readonly clip?: string;
  /** Video of the clip, and of `live` unless it is JPEG; H.264 by default. */
  readonly codec?: GstreamerVideo;
  /** Sound of the clip; AAC by default, which `live` has unless this is false. */
  readonly audio?: GstreamerAudio | false;
  /** Largest RTP packet of the clip in bytes; 1,400 by default. */
  readonly mtu?: number;
  /** Parameter sets in the clip's RTP: -1, the default, before each key frame, 0 never (they are in the SDP always). */
  readonly configInterval?: number;
  readonly username?: string;
  readonly password?: string;
  /** B-frames between two others on the path `live`; none by default. */
  readonly bFrames?: number;
  /** PEM file with certificate and key: then it speaks RTSP over TLS alone. */
  readonly tls?: string;
  /** Where it runs, and its address there; it sends to a multicast group from there, and no other way. */
  readonly multicast?: { readonly network: NetworkNamespace; readonly address: string };
}

/** GStreamer's RTSP server in a process of its own, on a free port of the loopback interface. */
export class GstreamerCamera {
  readonly port: number;
  readonly #scheme: string;
  readonly #address: string;
  readonly #child: CameraProcess;
  readonly #endsOfStream: number[] = [];
  readonly #waiting: ((frames: number) => void)[] = [];

  constructor(child: CameraProcess, port: number, options: GstreamerCameraOptions) {
    this.#child = child;
    this.#scheme = options.tls === undefined ? 'rtsp' : 'rtsps';
    this.#address = options.multicast?.address ?? '127.0.0.1';
    this.port = port;
  }

  /** Without credentials: those belong to the client. */
  url(path: 'clip' | 'live'): string {
    return `${this.#scheme}://${this.#address}:${this.port}/${path}`;
  }

  /**
   * How many access units the next finished playing of the clip had, in the order of finishing; waits for it.
   * Each client of `clip` is a playing of its own.
   */
  framesSent(): Promise<number> {
    const known = this.#endsOfStream.shift();
    return known === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(known);
  }

  /** Closes the standard input of the process, which ends it. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.stdin.end();
    await ended;
  }

  /** Ends the process at once, as a camera that loses its power. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  onEndOfStream(frames: number): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(frames);
    else this.#endsOfStream.push(frames);
  }
}

/** @throws Error that says what is missing when GStreamer is not installed */
export async function startGstreamerCamera(options: GstreamerCameraOptions = {}): Promise<GstreamerCamera> {
  const words = [PYTHON, SCRIPT, ...scriptArguments(options)] as const;
  const [file, args] = options.multicast?.network.command(...words) ?? [PYTHON, words.slice(1)];
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  return new Promise((resolve, reject) => {
    let camera: GstreamerCamera | undefined;
    lines.on('line', (line) => {
      const message = JSON.parse(line) as { event: string; port: number; frames: number; reason: string };
      if (message.event === 'missing') reject(new Error(message.reason));
      if (message.event === 'end_of_stream') camera?.onEndOfStream(message.frames);
      if (message.event === 'ready') {
        camera = new GstreamerCamera(child, message.port, options);
        resolve(camera);
      }
    });
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the GStreamer camera ended with ${code}`)));
  });
}

/**
 * Why tests with GStreamer cannot run here, or false: made for the `skip` option of a test. Under CI nothing is
 * skipped, so that a missing package fails the build.
 */
export async function gstreamerMissing(): Promise<string | false> {
  if (process.env.CI) return false;
  try {
    await (await startGstreamerCamera()).stop();
    return false;
  } catch (error) {
    return `no GStreamer RTSP server: ${(error as Error).message}`;
  }
}

function scriptArguments(options: GstreamerCameraOptions): string[] {
  const args: string[] = [];
  if (options.clip !== undefined) args.push('--clip', options.clip);
  if (options.username !== undefined) args.push('--user', options.username);
  if (options.password !== undefined) args.push('--password', options.password);
  if (options.bFrames !== undefined) args.push('--b-frames', String(options.bFrames));
  if (options.codec !== undefined) args.push('--video', options.codec);
  if (options.audio !== undefined) args.push('--audio', options.audio || 'none');
  if (options.mtu !== undefined) args.push('--mtu', String(options.mtu));
  if (options.configInterval !== undefined) args.push('--config-interval', String(options.configInterval));
  if (options.tls !== undefined) args.push('--tls', options.tls);
  if (options.multicast) args.push('--address', options.multicast.address, '--multicast', 'eth0');
  return args;
}
