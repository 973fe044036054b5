import type { Clock } from '../clock/clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { ProtectionIndex } from '../index/open_index.ts';
import type { ListedProtection } from '../index/protections.ts';
import type { CameraStore } from './camera_store.ts';
import { findCamera } from './camera_view.ts';
import type { ProtectionAnswer, ProtectionInput } from './contract/retention.ts';
import { requirePrintable } from './printable_line.ts';

/** The part of a logger that is needed; pino's fits. */
interface ProtectionLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Holds: footage that no rule may delete until somebody releases it. Who and why is on record for both. */
export class ProtectionService {
  readonly #cameras: Pick<CameraStore, 'get'>;
  readonly #protections: ProtectionIndex;
  readonly #clock: Clock;
  readonly #newId: () => string;
  readonly #journal: (entry: object) => void;
  readonly #log: ProtectionLog;

  /** @param journal writes a line beside the footage, for an index that is made anew */
  constructor(options: {
    cameras: Pick<CameraStore, 'get'>;
    protections: ProtectionIndex;
    clock: Clock;
    newId: () => string;
    journal: (entry: object) => void;
    log: ProtectionLog;
  }) {
    this.#cameras = options.cameras;
    this.#protections = options.protections;
    this.#clock = options.clock;
    this.#newId = options.newId;
    this.#journal = options.journal;
    this.#log = options.log;
  }

  list(): ProtectionAnswer[] {
    return this.#protections.list().map(viewProtection);
  }

  /** In force when this returns. @throws NightjarError `camera_unknown`, `request_invalid`, `too_many_protections` */
  add(input: ProtectionInput): ProtectionAnswer {
    const cameraId = input.cameraId ?? undefined;
    const endMs = input.endMs ?? undefined;
    const { startMs } = input;
    const cameraName = cameraId === undefined ? undefined : findCamera(this.#cameras, cameraId).name;
    if (endMs !== undefined && endMs <= startMs) throw invalid('endMs', 'endMs must be later than startMs.');
    const protection = {
      id: this.#newId(),
      cameraId,
      startMs,
      endMs,
      reason: readText('reason', input.reason),
      createdBy: readText('by', input.by),
      createdMs: Math.round(this.#clock.now()),
    };
    this.#protections.insert(protection);
    this.#journal(protection);
    this.#log.info(protection, 'Footage is protected from now on.');
    return viewProtection({ ...protection, cameraName });
  }

  /** Releases a protection. @throws NightjarError `protection_unknown`, `request_invalid` */
  release(id: string, who: { readonly by: string; readonly reason: string }): void {
    const protection = this.#protections.get(id);
    if (!protection) {
      throw new NightjarError('protection_unknown', `There is no protection ${JSON.stringify(id)}.`, {
        place: { field: 'protectionId' },
      });
    }
    const released = {
      id,
      releasedMs: Math.round(this.#clock.now()),
      releasedBy: readText('by', who.by),
      reason: readText('reason', who.reason),
    };
    this.#protections.remove(id);
    this.#journal(released);
    this.#log.warn({ ...released, protection }, 'Footage is not protected any more.');
  }
}

function viewProtection(protection: ListedProtection): ProtectionAnswer {
  const { id, cameraId, cameraName, startMs, endMs, reason, createdBy, createdMs } = protection;
  return {
    id,
    ...(cameraId !== undefined && { cameraId }),
    ...(cameraName !== undefined && { cameraName }),
    startMs,
    ...(endMs !== undefined && { endMs }),
    reason,
    createdBy,
    createdMs,
  };
}

function readText(field: string, text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') throw invalid(field, `${field} must not be blank.`);
  requirePrintable(field, trimmed);
  return trimmed;
}

function invalid(field: string, detail: string): NightjarError {
  return new NightjarError('request_invalid', detail, { place: { field } });
}
