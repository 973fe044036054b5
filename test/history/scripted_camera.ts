import { type Clock, sleep } from '../../src/clock/clock.ts';
import type { ErrorCode } from '../../src/errors/catalogue.ts';
import { NightjarError } from '../../src/errors/nightjar_error.ts';
import { SampleArena } from '../../src/media/sample_arena.ts';
import { noFigures } from '../../src/recorder/session_figures.ts';
import type { CameraSession, SessionOptions } from '../../src/recorder/stream_recorder.ts';
import { rtpTimestamp } from '../../src/units/time.ts';
import { testVideoTrack } from '../fixtures/synthetic_media.ts';

/** What can be wrong with a camera, by the cause of the gap that it makes. */
export const troubles = {
  unreachable: 'camera_unreachable',
  refused: 'camera_refused',
  authentication: 'camera_authentication',
  no_packets: 'no_packets',
  stream_error: 'camera_closed',
} as const satisfies Record<string, ErrorCode>;

export type Trouble = keyof typeof troubles;

/** From the question to the answer. */
const connectMs = 200;
const track = { ...testVideoTrack, reorderDepth: 0 };

function errorOf(trouble: Trouble): NightjarError {
  return new NightjarError(troubles[trouble], `It is so in the script: ${trouble}.`);
}

/** A camera that does what it is told. Its pictures are key frames of a few bytes. */
export class ScriptedCamera {
  #trouble: Trouble | undefined;
  #session: ScriptedSession | undefined;

  /** Whether a picture would be heard now. */
  get isPlaying(): boolean {
    return this.#session?.isPlaying === true;
  }

  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  openSession(options: SessionOptions): CameraSession {
    this.#session = new ScriptedSession(options, () => this.#trouble);
    return this.#session;
  }

  /** From now on nothing comes of it; who has a session with it learns of that as of a real camera. */
  begin(trouble: Trouble): void {
    this.#trouble = trouble;
    if (trouble !== 'no_packets') this.#session?.fail(errorOf(trouble));
    else this.#session?.fallSilent();
  }

  end(): void {
    this.#trouble = undefined;
  }

  picture(): void {
    this.#session?.picture();
  }

  /** The process that recorded it is no more. */
  forget(): void {
    this.#session = undefined;
  }
}

class ScriptedSession implements CameraSession {
  readonly askedForMetadata = false;
  readonly notes = [];
  readonly audioTrack = undefined;
  readonly videoTrack = track;
  readonly figures = noFigures;
  readonly playedMs = 0;
  heard = false;
  isPlaying = false;
  readonly #options: SessionOptions;
  readonly #clock: Clock;
  readonly #arena: SampleArena;
  readonly #trouble: () => Trouble | undefined;
  readonly #end = Promise.withResolvers<NightjarError | undefined>();
  readonly #stop = new AbortController();

  constructor(options: SessionOptions, trouble: () => Trouble | undefined) {
    this.#options = options;
    this.#clock = options.clock;
    this.#arena = new SampleArena(options.pool);
    this.#trouble = trouble;
  }

  async open(): Promise<void> {
    await sleep(this.#clock, connectMs, this.#stop.signal);
    const trouble = this.#trouble();
    if (trouble === 'no_packets') this.fallSilent();
    else if (trouble) throw errorOf(trouble);
    else this.isPlaying = true;
  }

  ended(): Promise<NightjarError | undefined> {
    return this.#end.promise;
  }

  async stop(): Promise<void> {
    this.isPlaying = false;
    this.#stop.abort(new NightjarError('stopping', 'Recording was stopped.'));
    this.#end.resolve(undefined);
  }

  fail(error: NightjarError): void {
    this.isPlaying = false;
    this.#end.resolve(error);
  }

  fallSilent(): void {
    this.isPlaying = false;
    this.#clock.after(this.#options.patienceMs, () => this.fail(errorOf('no_packets')));
  }

  picture(): void {
    if (!this.isPlaying) return;
    this.heard = true;
    this.#arena.append(Uint8Array.of(0, 0, 0, 2, 0x65, 0x88), 0, 6);
    this.#options.events.onUnit({
      kind: 'accessUnit',
      bytes: this.#arena.finish(),
      rtpTimestamp: rtpTimestamp(Math.round(this.#clock.monotonic() * 90)),
      keyFrame: true,
      arrivalMs: this.#clock.now(),
      track,
    });
  }
}
