import type { UnixMillis } from '../units/time.ts';

/** A document of a camera's metadata stream. */
export interface StreamMetadata {
  readonly cameraId: string;
  readonly streamId: string;
  readonly role: 'main' | 'sub';
  /** When its first packet arrived. */
  readonly arrivalMs: UnixMillis;
  /** XML, `tt:MetadataStream` of ONVIF's schema unless the camera is wrong: whoever reads it must expect anything. */
  readonly xml: Uint8Array;
}

/** Keeps the newest document of each stream: one of at most 1 MiB each. */
export class NewestMetadata {
  readonly #documents = new Map<string, StreamMetadata>();

  note(document: StreamMetadata): void {
    this.#documents.set(document.streamId, document);
  }

  get(streamId: string): StreamMetadata | undefined {
    return this.#documents.get(streamId);
  }

  forget(streamId: string): void {
    this.#documents.delete(streamId);
  }
}
