import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { SimulatedClock } from '../../src/clock/simulated_clock.ts';
import type { NightjarError } from '../../src/errors/nightjar_error.ts';
import { RtspClient, type RtspClientOptions } from '../../src/rtsp/client.ts';
import type { SessionDescription } from '../../src/sdp/session_description.ts';
import {
  describeLine,
  type Exchange,
  optionsLine,
  playLine,
  ScriptedCamera,
  setupLine,
} from './scripted_camera.ts';

/** Selects every medium in its first format. */
export const all = (description: SessionDescription) =>
  description.media.map(({ formats }, mediaIndex) => ({ mediaIndex, format: formats[0]! }));

/** A client and what came to its handler. */
export class Recording {
  readonly clock = new SimulatedClock();
  readonly packets: string[] = [];
  readonly warnings: string[] = [];
  readonly ends: (NightjarError | undefined)[] = [];
  readonly ended: Promise<NightjarError | undefined>;
  readonly client: RtspClient;
  #waiting: { count: number; resolve: () => void }[] = [];

  constructor(url: string, options: Partial<RtspClientOptions> = {}) {
    const { promise, resolve } = Promise.withResolvers<NightjarError | undefined>();
    this.ended = promise;
    const logger = {
      info: () => undefined,
      warn: (_: object, message: string) => this.warnings.push(message),
    };
    this.client = new RtspClient(
      { url, clock: this.clock, logger, receiveBuffer: Buffer.alloc(4096), ...options },
      {
        onRtp: (media, bytes, start, end) => {
          this.#packet(`${media.index} rtp ${Buffer.from(bytes.subarray(start, end)).readUInt16BE(2)}`);
        },
        onRtcp: (media, _bytes, start, end) => this.#packet(`${media.index} rtcp ${end - start}`),
        onEnd: (error) => {
          this.ends.push(error);
          resolve(error);
        },
      },
    );
  }

  async play() {
    await this.client.describe();
    return this.client.play(all);
  }

  /** Resolves when `count` packets have come since the start. */
  received(count: number): Promise<void> {
    if (this.packets.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }

  #packet(packet: string): void {
    this.packets.push(packet);
    for (const { count, resolve } of this.#waiting) if (this.packets.length >= count) resolve();
  }
}

interface Conversation {
  readonly camera: ScriptedCamera;
  readonly recording: Recording;
}

const conversations = new WeakMap<TestContext, Conversation[]>();

/** Ends all conversations of a test before it judges any: the hooks behind one that throws are not run. */
async function endAll(ofTest: readonly Conversation[]): Promise<void> {
  for (const { camera, recording } of ofTest) {
    // The last line of the script may be silent, and the clock stands still.
    const stopped = recording.client.stop();
    recording.clock.advance(1_000);
    await stopped;
    await camera.close();
  }
  for (const { camera } of ofTest) assert.deepEqual(camera.surprises, []);
}

/** A camera with its script and a client that has not connected yet; both end with the test. */
export async function conversation(
  t: TestContext,
  script: readonly Exchange[],
  options: Partial<RtspClientOptions> = {},
) {
  const camera = await ScriptedCamera.start(script);
  const recording = new Recording(camera.url, options);
  const ofTest = conversations.get(t) ?? [];
  if (ofTest.length === 0) {
    conversations.set(t, ofTest);
    t.after(() => endAll(ofTest));
  }
  ofTest.push({ camera, recording });
  return { camera, recording, client: recording.client };
}

/** The dialogue up to PLAY. */
export const usual: readonly Exchange[] = [optionsLine, describeLine, setupLine, playLine];
export const digest = (nonce: string, more = '') => ({
  'WWW-Authenticate': `Digest realm="r", nonce="${nonce}"${more}`,
});
export const login = { username: 'admin', password: 'hunter2' };
