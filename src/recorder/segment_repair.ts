import type { Clock } from '../clock/clock.ts';
import { toNightjarError } from '../errors/nightjar_error.ts';
import type { SegmentReservation } from '../footage/segment.ts';
import type { OpenFootageTable } from './open_footage.ts';

/** A segment that could not be closed is tried again after this. */
const repairMs = 10_000;

/** Closes the files that their writers gave up. Until that works their footage stays in the open table. */
export class SegmentRepair {
  readonly #open: OpenFootageTable;
  readonly #clock: Clock;
  readonly #warn: (fields: object, text: string) => void;
  readonly #repair: (segment: SegmentReservation, rewrite: boolean) => Promise<void>;
  readonly #underWay = new Set<string>();
  #ended = false;

  /** @param options.repair rejects when the disk does not allow */
  constructor(options: {
    open: OpenFootageTable;
    clock: Clock;
    warn: (fields: object, text: string) => void;
    repair: (segment: SegmentReservation, rewrite: boolean) => Promise<void>;
  }) {
    this.#open = options.open;
    this.#clock = options.clock;
    this.#warn = options.warn;
    this.#repair = options.repair;
  }

  /** Never rejects. @param rewrite writes the file once more, as when the disk has failed */
  async begin(segment: SegmentReservation, rewrite: boolean): Promise<void> {
    if (this.#underWay.has(segment.id)) return;
    this.#underWay.add(segment.id);
    this.#open.abandoned(segment.id);
    try {
      await this.#repair(segment, rewrite);
      this.#open.remove(segment.id);
    } catch (error) {
      const { message } = toNightjarError(error);
      this.#warn({ file: segment.path }, `${message} The file is closed as soon as the disk allows.`);
      this.#clock.after(repairMs, () => {
        if (!this.#ended && this.#open.get(segment.id)) void this.begin(segment, true);
      });
    } finally {
      this.#underWay.delete(segment.id);
    }
  }

  /** Tries nothing again: the next start finds what is left. */
  end(): void {
    this.#ended = true;
  }
}
