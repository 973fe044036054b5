import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { systemClock } from '../../src/clock/system_clock.ts';
import { RtspServer } from '../../src/rtsp/server.ts';
import { defaultAuthentication } from '../../src/rtsp/server_authentication.ts';
import type { PlaybackRequest, ServerPlayback, ServerResource } from '../../src/rtsp/server_resource.ts';
import { runTool } from '../fixtures/ffprobe.ts';

export interface FfmpegCameraOptions {
  readonly clip: string;
  /** For its own files. */
  readonly folder: string;
  /** ffmpeg's output options: codecs, bit stream filters, `-rtpflags`, `-pkt_size`. */
  readonly video: readonly string[];
  /** Undefined for a clip without sound. */
  readonly audio: readonly string[] | undefined;
  /** Changes the description that ffmpeg gives. */
  readonly describe?: (sdp: string) => string;
}

/** A medium's RTP and RTCP as ffmpeg sends them. */
interface Inlet {
  readonly rtp: Socket;
  readonly rtcp: Socket;
}

const receiveBufferBytes = 4 * 1024 * 1024;

/**
 * A camera whose packets and session description are ffmpeg's own. ffmpeg has no RTSP server, so ours takes the requests
 * and hands on each packet as it comes, over TCP or UDP.
 */
export class FfmpegCamera {
  /** Resolves when the clip was played to its end. */
  readonly played: Promise<void>;
  readonly #server: RtspServer;
  readonly #player: FfmpegPlayer;

  private constructor(server: RtspServer, player: FfmpegPlayer) {
    this.#server = server;
    this.#player = player;
    this.played = player.played;
  }

  static async start(options: FfmpegCameraOptions): Promise<FfmpegCamera> {
    const inlets = [await openInlet(), ...(options.audio ? [await openInlet()] : [])];
    const player = new FfmpegPlayer(options, inlets);
    const description = (options.describe ?? ((sdp) => sdp))(await player.describe());
    const resource: ServerResource = {
      path: 'clip',
      credentials: undefined,
      authentication: defaultAuthentication,
      description: withControls(description),
      transports: ['tcp', 'udp'],
      controls: inlets.map((_, index) => `track${index}`),
      announcedSsrc: () => undefined,
      open: (request) => player.open(request),
    };
    const server = await RtspServer.listen({
      clock: systemClock,
      find: (name) => (name.split('/')[0] === resource.path ? resource : undefined),
    });
    return new FfmpegCamera(server, player);
  }

  get url(): string {
    return `rtsp://127.0.0.1:${this.#server.port}/clip`;
  }

  async stop(): Promise<void> {
    await this.#server.close();
    await this.#player.stop();
  }
}

/** Runs ffmpeg for one client, and gives what it sends to that client. */
class FfmpegPlayer {
  readonly played: Promise<void>;
  readonly #options: FfmpegCameraOptions;
  readonly #inlets: readonly Inlet[];
  #onPlayed!: () => void;
  #child: ChildProcess | undefined;

  constructor(options: FfmpegCameraOptions, inlets: readonly Inlet[]) {
    this.#options = options;
    this.#inlets = inlets;
    this.played = new Promise((resolve) => {
      this.#onPlayed = resolve;
    });
  }

  /** The description that ffmpeg writes; for it the first packets are sent, which nobody waits for. */
  async describe(): Promise<string> {
    const file = path.join(this.#options.folder, `${this.#port(0)}.sdp`);
    const result = await runTool('ffmpeg', [...this.#arguments(['-t', '0.1']), '-sdp_file', file]);
    if (result.code !== 0) throw new Error(`ffmpeg describes nothing: ${result.errors.trim()}`);
    return readFile(file, 'utf8');
  }

  open({ output, channels }: PlaybackRequest): ServerPlayback {
    const forward = (channel: number) => (packet: Buffer) => {
      const frame = Buffer.alloc(4 + packet.length);
      frame.writeUInt8(0x24);
      frame.writeUInt8(channel, 1);
      frame.writeUInt16BE(packet.length, 2);
      packet.copy(frame, 4);
      output.send(frame);
    };
    return {
      play: () => {
        for (const [medium, { rtp, rtcp }] of channels) {
          this.#inlets[medium]!.rtp.on('message', forward(rtp));
          this.#inlets[medium]!.rtcp.on('message', forward(rtcp));
        }
        this.#play();
        return { first: new Map(), range: { unit: 'npt', start: 'now' } };
      },
      pause() {},
      close: () => {
        for (const { rtp, rtcp } of this.#inlets) {
          rtp.removeAllListeners('message');
          rtcp.removeAllListeners('message');
        }
        this.#child?.kill('SIGKILL');
      },
    };
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child && child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    for (const { rtp, rtcp } of this.#inlets) {
      rtp.close();
      rtcp.close();
    }
  }

  #play(): void {
    const child = spawn('ffmpeg', this.#arguments([]), { stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('exit', () => this.#onPlayed());
    this.#child = child;
  }

  /** In real time; RTCP tells the end. */
  #arguments(limits: readonly string[]): string[] {
    const { clip, video, audio } = this.#options;
    const outputs = [video, ...(audio ? [audio] : [])].map((own, medium) => {
      const flags = own.includes('-rtpflags') ? [] : ['-rtpflags', '+send_bye'];
      const url = `rtp://127.0.0.1:${this.#port(medium)}`;
      const times = ['-avoid_negative_ts', 'disabled', '-fps_mode', 'passthrough'];
      return ['-map', medium === 0 ? '0:v' : '0:a', ...limits, ...times, ...own, ...flags, '-f', 'rtp', url];
    });
    return ['-v', 'error', '-re', '-i', clip, ...outputs.flat()];
  }

  #port(medium: number): number {
    return this.#inlets[medium]!.rtp.address().port;
  }
}

/** Two ports behind each other: RTP on the even one. */
async function openInlet(): Promise<Inlet> {
  for (;;) {
    const rtp = await bind(0);
    const { port } = rtp.address();
    const rtcp = port % 2 === 0 ? await bind(port + 1).catch(() => undefined) : undefined;
    if (rtcp) return { rtp, rtcp };
    rtp.close();
  }
}

async function bind(port: number): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: receiveBufferBytes });
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** Each medium gets a name for SETUP, and its port is nobody's business. */
function withControls(sdp: string): string {
  let media = 0;
  return sdp
    .replace(/^SDP:\r?\n/, '')
    .split(/\r?\n/)
    .flatMap((line) =>
      line.startsWith('m=') ? [line.replace(/ \d+ /, ' 0 '), `a=control:track${media++}`] : [line],
    )
    .join('\r\n');
}
