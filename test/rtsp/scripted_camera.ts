import { type AddressInfo, createServer, type Socket } from 'node:net';
import { formatResponse, Headers, type RtspRequest, type RtspResponse } from '../../src/rtsp/message.ts';
import { RtspReader } from '../../src/rtsp/reader.ts';

/** What a camera does when a request has come: bytes to send, an end of the connection, or nothing. */
export type Answer =
  | string
  | Uint8Array
  | 'close'
  | undefined
  | ((request: RtspRequest) => string | Uint8Array);

/** One line of a dialogue: the method that must come next, and what follows. */
export type Exchange = readonly [method: string, ...answers: Answer[]];

/** A camera that follows a script, one line a request, whatever the connection; then it is silent. */
export class ScriptedCamera {
  readonly requests: RtspRequest[] = [];
  /** What the client sent besides requests. */
  readonly responses: RtspResponse[] = [];
  readonly frames: { channel: number; payload: Buffer }[] = [];
  /** Where the client did not follow the script. */
  readonly surprises: string[] = [];
  readonly #script: Exchange[];
  readonly #banner: string | Uint8Array | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((socket) => this.#accept(socket));
  #waiting: { done: () => boolean; resolve: () => void }[] = [];

  private constructor(script: readonly Exchange[], banner: string | Uint8Array | undefined) {
    this.#script = [...script];
    this.#banner = banner;
  }

  /** @param banner sent at once to whoever connects */
  static async start(script: readonly Exchange[], banner?: string | Uint8Array): Promise<ScriptedCamera> {
    const camera = new ScriptedCamera(script, banner);
    await new Promise<void>((resolve) => camera.#server.listen(0, '127.0.0.1', resolve));
    return camera;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `rtsp://127.0.0.1:${this.port}/live`;
  }

  /** Resolves when `count` requests have come since the start. */
  received(count: number): Promise<void> {
    return this.until(() => this.requests.length >= count);
  }

  /** Resolves when something that the client sent makes `done` true. */
  until(done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ done, resolve }));
  }

  /** Sends to everybody who is connected. */
  send(bytes: string | Uint8Array): void {
    for (const socket of this.#sockets) socket.write(bytes);
  }

  /** Ends all connections. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.end();
  }

  async close(): Promise<void> {
    // Who connects from now on would keep it open.
    this.#server.prependListener('connection', (socket) => socket.destroy());
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    const reader = new RtspReader({
      onInterleaved: (channel, bytes, start, end) => {
        this.frames.push({ channel, payload: Buffer.from(bytes.subarray(start, end)) });
      },
      onRequest: (request) => this.#answer(socket, request),
      onResponse: (response) => this.responses.push(response),
      onLostBytes: (count) => this.surprises.push(`${count} bytes that are not RTSP`),
    });
    for (let channel = 0; channel < 8; channel++) reader.expectRtcp(channel);
    if (this.#banner !== undefined) socket.write(this.#banner);
    socket.on('data', (bytes) => {
      reader.push(bytes, 0, bytes.length);
      const [ready, waiting] = [this.#waiting.filter(({ done }) => done()), this.#waiting];
      this.#waiting = waiting.filter((entry) => !ready.includes(entry));
      for (const { resolve } of ready) resolve();
    });
  }

  #answer(socket: Socket, request: RtspRequest): void {
    this.requests.push(request);
    const line = this.#script.shift();
    if (!line) return;
    const [method, ...answers] = line;
    if (method !== request.method) this.surprises.push(`${request.method} came instead of ${method}`);
    for (const answer of answers) {
      if (answer === 'close') socket.end();
      else if (answer !== undefined) socket.write(typeof answer === 'function' ? answer(request) : answer);
    }
  }
}

/** A reply with the CSeq of its request. */
export function reply(
  status: string,
  fields: Record<string, string> = {},
  body = '',
): (request: RtspRequest) => Uint8Array {
  return (request) => {
    const [, code, reason] = /^(\d+) ?(.*)$/.exec(status)!;
    const headers = new Headers([['CSeq', request.headers.get('CSeq')!], ...Object.entries(fields)]);
    return formatResponse({ status: Number(code), reason: reason!, headers, body: Buffer.from(body) });
  };
}

/** An interleaved frame. */
export function frame(channel: number, payload: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.of(0x24, channel, payload.length >> 8, payload.length & 0xff), payload]);
}

/** An RTP packet of payload type 96 that its sequence number tells apart. */
export function rtpPacket(sequenceNumber: number): Buffer {
  const packet = Buffer.alloc(24, 0x55);
  packet.set([0x80, 96, sequenceNumber >> 8, sequenceNumber & 0xff]);
  return packet;
}

/** An empty receiver report. */
export const rtcpPacket: Uint8Array = Buffer.of(0x80, 201, 0, 1, 1, 2, 3, 4);

export const videoSdp = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=Scripted',
  't=0 0',
  'a=control:*',
  'm=video 0 RTP/AVP 96',
  'a=control:trackID=0',
  'a=rtpmap:96 H264/90000',
  '',
].join('\r\n');

export const videoAndAudioSdp = `${videoSdp}m=audio 0 RTP/AVP 8\r\na=control:trackID=1\r\n`;

export const optionsLine: Exchange = [
  'OPTIONS',
  reply('200 OK', { Public: 'OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER' }),
];
export const describeLine: Exchange = [
  'DESCRIBE',
  reply('200 OK', { 'Content-Type': 'application/sdp' }, videoSdp),
];
export const setupLine: Exchange = [
  'SETUP',
  reply('200 OK', { Session: 'abc', Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' }),
];
export const playLine: Exchange = ['PLAY', reply('200 OK', { Session: 'abc' })];
export const teardownLine: Exchange = ['TEARDOWN', reply('200 OK')];
