import type { Range } from './live_edge.ts';

/** What of a SourceBuffer is used. */
export interface Buffer {
  readonly updating: boolean;
  timestampOffset: number;
  ranges(): readonly Range[];
  append(bytes: Uint8Array<ArrayBuffer>): void;
  remove(start: number, end: number): void;
  changeType(mimeType: string): void;
}

type Step =
  | { kind: 'media'; bytes: Uint8Array<ArrayBuffer> }
  | { kind: 'init'; bytes: Uint8Array<ArrayBuffer>; mimeType: string | undefined; startSeconds: number };

/** More than this waiting means that the decoder does not keep up at all. */
const maxWaitingBytes = 16 * 1024 * 1024;
/** What is kept behind the picture: a jump back needs none of it. */
const keptSeconds = 4;
/** Trimming little and often costs more than it saves. */
const trimSeconds = 12;

/**
 * Feeds one SourceBuffer, which takes one thing at a time: media in order, joined where they wait; old media go, so that the
 * memory stays bounded.
 */
export class AppendQueue {
  readonly #buffer: Buffer;
  readonly #steps: Step[] = [];
  #waitingBytes = 0;
  #offset: number | undefined;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  /** What lies between the time line of the newest run and the player's; undefined until it has its turn. */
  get offset(): number | undefined {
    return this.#offset;
  }

  /**
   * Begins a run of media: its first picture follows the last one there is.
   *
   * @param mimeType when it differs from the one before
   * @param startSeconds of the first fragment, on its own time line
   */
  begin(bytes: Uint8Array<ArrayBuffer>, startSeconds: number, mimeType?: string): void {
    this.#steps.push({ kind: 'init', bytes, startSeconds, mimeType });
    this.#offset = undefined;
  }

  /** False when so much waits that the player must begin anew. */
  push(bytes: Uint8Array<ArrayBuffer>): boolean {
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > maxWaitingBytes) return false;
    this.#steps.push({ kind: 'media', bytes });
    return true;
  }

  /**
   * Does the next step if the buffer takes one. To be called after each push and at each `updateend`.
   *
   * @param seconds where the player is
   */
  pump(seconds: number): void {
    if (this.#buffer.updating || this.#trim(seconds, trimSeconds)) return;
    const [first] = this.#steps;
    if (!first) return;
    if (first.kind === 'init') {
      const { bytes, startSeconds, mimeType } = first;
      const end = this.#buffer.ranges().at(-1)?.end ?? 0;
      if (mimeType !== undefined) this.#buffer.changeType(mimeType);
      this.#buffer.timestampOffset = end - startSeconds;
      this.#buffer.append(bytes);
      this.#steps.shift();
      if (!this.#steps.some(({ kind }) => kind === 'init')) this.#offset = end - startSeconds;
      return;
    }
    const until = this.#steps.findIndex(({ kind }) => kind === 'init');
    const media = this.#steps.slice(0, until < 0 ? undefined : until).map(({ bytes }) => bytes);
    try {
      this.#buffer.append(joined(media));
    } catch (error) {
      // The browser's memory for media is full: give up what was shown, then try again.
      if ((error as Error).name === 'QuotaExceededError' && this.#trim(seconds, 0)) return;
      throw error;
    }
    this.#steps.splice(0, media.length);
    this.#waitingBytes -= media.reduce((sum, { length }) => sum + length, 0);
  }

  #trim(seconds: number, atLeast: number): boolean {
    const start = this.#buffer.ranges()[0]?.start;
    const end = seconds - (atLeast > 0 ? keptSeconds : 0.5);
    if (start === undefined || end - start <= atLeast) return false;
    this.#buffer.remove(start, end);
    return true;
  }
}

function joined(parts: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
