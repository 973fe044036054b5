const initialBytes = 64 * 1024;

/** Memory in which the packets of one unit are put together: one piece for all sessions, as long as clients keep up. */
export class SendBuffer {
  #bytes = Buffer.allocUnsafeSlow(initialBytes);

  /** At least so many bytes, good until the next call. */
  take(length: number): Buffer {
    if (length > this.#bytes.length) this.#bytes = Buffer.allocUnsafeSlow(length * 2);
    return this.#bytes;
  }

  /** What was taken last belongs to somebody else from now on. */
  giveAway(): void {
    this.#bytes = Buffer.allocUnsafeSlow(initialBytes);
  }
}
