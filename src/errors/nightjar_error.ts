import { type CatalogueEntry, type ErrorCode, errorCatalogue } from './catalogue.ts';

/** Where an error happened: as much of this as is known, enough to find the packet or the byte. */
export interface ErrorPlace {
  camera?: string;
  stream?: string;
  url?: string;
  request?: string;
  field?: string;
  file?: string;
  offset?: number;
  ssrc?: number;
  sequenceNumber?: number;
  rtpTimestamp?: number;
}

/** An error of the catalogue, with its particulars in words and its place. */
export class NightjarError extends Error {
  override readonly name = 'NightjarError';
  readonly code: ErrorCode;
  readonly place: ErrorPlace;

  /** @param detail one sentence with the particulars; secrets must not be in it */
  constructor(code: ErrorCode, detail: string, options: { place?: ErrorPlace; cause?: unknown } = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.place = options.place ?? {};
  }

  get entry(): CatalogueEntry {
    return errorCatalogue[this.code];
  }

  /** What happened and what to do about it, for a person. */
  get explanation(): string {
    return `${this.message} ${this.entry.advice}`;
  }

  /** The same error with more known about its place; what was known already wins. */
  at(place: ErrorPlace): NightjarError {
    const placed = new NightjarError(this.code, this.message, {
      place: { ...place, ...this.place },
      cause: this.cause,
    });
    if (this.stack !== undefined) placed.stack = this.stack;
    return placed;
  }
}

/** Any thrown value as an error of the catalogue; what is not one already is our own mistake: `internal`. */
export function toNightjarError(thrown: unknown): NightjarError {
  if (thrown instanceof NightjarError) return thrown;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new NightjarError('internal', detail, { cause: thrown });
}
