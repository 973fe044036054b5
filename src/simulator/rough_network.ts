import type { SendOutcome, ServerOutput } from '../rtsp/server_resource.ts';

/** What a network does to packets on their way; shares are 0 to 1 of all RTP packets. */
export interface RoughNetwork {
  /** The same seed does the same to the same packets. */
  readonly seed: number;
  readonly lost?: number;
  /** Held back until one to four later ones have gone, or all of the picture; without meaning where it is spread. */
  readonly late?: number;
  readonly twice?: number;
  /** Told of each packet that is lost: 0 to 2^32 - 1. */
  readonly onLost?: (rtpTimestamp: number) => void;
}

const frameHeaderBytes = 4;
const longestDelay = 4;

/** The way to a client, over a rough network. */
export class RoughOutput implements ServerOutput {
  readonly #output: ServerOutput;
  readonly #network: RoughNetwork;
  #held: { readonly frame: Uint8Array; behind: number }[] = [];
  #state: number;

  constructor(output: ServerOutput, network: RoughNetwork) {
    this.#output = output;
    this.#network = network;
    this.#state = network.seed >>> 0;
  }

  send(bytes: Uint8Array): SendOutcome {
    const frames: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
      const end = Math.min(at + frameHeaderBytes + length, bytes.length);
      this.#take(bytes.subarray(at, end), frames);
      at = end;
    }
    for (const { frame } of this.#held.splice(0)) frames.push(frame);
    return this.#pass(frames);
  }

  close(how: 'flush' | 'reset'): void {
    this.#output.close(how);
  }

  #take(frame: Uint8Array, frames: Uint8Array[]): void {
    const { lost = 0, late = 0, twice = 0, onLost } = this.#network;
    const isReport = frame[5]! >= 200 && frame[5]! <= 207;
    const [loss, delay, copy] = [this.#random(), this.#random(), this.#random()];
    if (!isReport && loss < lost) {
      onLost?.(Buffer.from(frame).readUInt32BE(8));
    } else if (!isReport && delay < late) {
      const behind = 1 + Math.floor(this.#random() * longestDelay);
      return void this.#held.push({ frame, behind });
    } else {
      frames.push(frame);
      if (!isReport && copy < twice) frames.push(frame);
    }
    for (const held of this.#held) held.behind--;
    for (const each of this.#held) if (each.behind <= 0) frames.push(each.frame);
    this.#held = this.#held.filter(({ behind }) => behind > 0);
  }

  #pass(frames: readonly Uint8Array[]): SendOutcome {
    if (frames.length === 0) return 'sent';
    const outcome = this.#output.send(Buffer.concat(frames));
    // What is kept is the copy.
    return outcome === 'kept' ? 'sent' : outcome;
  }

  /** Uniform in [0, 1): the generator of Numerical Recipes. */
  #random(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state / 2 ** 32;
  }
}
