import type { Clock, Timer } from '../clock/clock.ts';
import { Topic } from '../events/topic.ts';
import type { ClockSynchronisation } from '../host/clock_synchronisation.ts';
import { type Alarm, AlarmList } from './alarm_list.ts';
import { type CameraFacts, type Facts, findingsOf, type StreamFacts } from './findings.ts';
import { LossWindow } from './loss_window.ts';

const lookMs = 5_000;
/** Asking costs a process or two. */
const clockMs = 5 * 60_000;

/** What the service is told of each stream; it finds the loss by itself. */
export type WatchedCamera = Omit<CameraFacts, 'streams'> & {
  readonly streams: readonly Omit<StreamFacts, 'loss'>[];
};

export interface AlarmLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}

/** Looks at everything again and again, and says what needs a person: the one list of alarms. */
export class AlarmService {
  /** One was raised or cleared, or its words changed. */
  readonly changed = new Topic<readonly Alarm[]>();
  readonly #clock: Clock;
  readonly #log: AlarmLog;
  readonly #facts: () => Omit<Facts, 'cameras' | 'clock'> & { readonly cameras: readonly WatchedCamera[] };
  readonly #readClock: () => Promise<ClockSynchronisation>;
  readonly #list = new AlarmList();
  readonly #losses = new Map<string, LossWindow>();
  readonly #timers: Timer[];
  #clockState: ClockSynchronisation = 'unknown';
  #alarms: readonly Alarm[] = [];

  /** @param options.facts how everything is now, but for the clock of the machine, which is asked for on its own */
  constructor(options: {
    clock: Clock;
    log: AlarmLog;
    facts: () => Omit<Facts, 'cameras' | 'clock'> & { readonly cameras: readonly WatchedCamera[] };
    readClock: () => Promise<ClockSynchronisation>;
  }) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#facts = options.facts;
    this.#readClock = options.readClock;
    this.#timers = [
      options.clock.every(lookMs, () => this.#look()),
      options.clock.every(clockMs, () => void this.#askClock()),
    ];
    void this.#askClock();
  }

  /** Those that are raised now, the gravest first. */
  get alarms(): readonly Alarm[] {
    return this.#alarms;
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel();
  }

  async #askClock(): Promise<void> {
    this.#clockState = await this.#readClock();
  }

  #look(): void {
    const facts = this.#facts();
    const monotonicMs = this.#clock.monotonic();
    const cameras = facts.cameras.map((camera) => ({
      ...camera,
      streams: camera.streams.map((stream) => ({ ...stream, loss: this.#lossOf(stream, monotonicMs) })),
    }));
    this.#forgetLosses(cameras);
    const findings = findingsOf({ ...facts, cameras, clock: this.#clockState });
    this.#list.update(findings, { monotonicMs, nowMs: this.#clock.now() });
    this.#tell(this.#list.alarms);
  }

  #lossOf({ id, status }: Omit<StreamFacts, 'loss'>, monotonicMs: number): number | undefined {
    if (!status) return undefined;
    const window = this.#losses.get(id) ?? new LossWindow();
    this.#losses.set(id, window);
    window.note(monotonicMs, status.counters.packets, status.counters.packetsLost);
    return window.share;
  }

  #forgetLosses(cameras: readonly CameraFacts[]): void {
    const known = new Set(cameras.flatMap(({ streams }) => streams.map(({ id }) => id)));
    for (const id of this.#losses.keys()) if (!known.has(id)) this.#losses.delete(id);
  }

  #tell(alarms: readonly Alarm[]): void {
    const before = this.#alarms;
    this.#alarms = alarms;
    const fields = ({ kind, severity, id, sinceMs }: Alarm) => ({ alarm: kind, severity, id, sinceMs });
    for (const alarm of alarms) {
      if (before.some(({ id }) => id === alarm.id)) continue;
      this.#log.warn(fields(alarm), `Alarm: ${alarm.text} ${alarm.advice}`);
    }
    for (const alarm of before) {
      if (alarms.some(({ id }) => id === alarm.id)) continue;
      this.#log.info(fields(alarm), `Over: ${alarm.text}`);
    }
    if (JSON.stringify(before) !== JSON.stringify(alarms)) this.changed.publish(alarms);
  }
}
