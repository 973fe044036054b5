import type { UnixMillis } from '../units/time.ts';
import { type AlarmKind, alarmKinds, hysteresis, type Severity } from './alarm_kind.ts';

/** What an alarm is about; of some kinds there is one for each camera, stream or storage root. */
export interface AlarmSubject {
  readonly cameraId?: string;
  readonly streamId?: string;
  readonly role?: 'main' | 'sub';
  /** Name of a storage root. */
  readonly root?: string;
}

/** How one condition is at one moment. */
export interface Finding {
  readonly kind: AlarmKind;
  readonly subject: AlarmSubject;
  /** `between` is neither: it keeps what is raised, and raises nothing. */
  readonly level: 'bad' | 'between' | 'good';
  /** What is so; of a bad one. */
  readonly text: string;
  /** What a person should do. */
  readonly advice: string;
  /** Since when it is so, where that is known better than by when it was seen first. */
  readonly sinceMs?: UnixMillis;
}

/** What needs a person. */
export interface Alarm extends AlarmSubject {
  /** The same for the same condition of the same subject. */
  readonly id: string;
  readonly kind: AlarmKind;
  readonly severity: Severity;
  /** Since when it is so, which is before it was raised. */
  readonly sinceMs: UnixMillis;
  readonly text: string;
  readonly advice: string;
}

interface Condition {
  alarm: Alarm;
  raised: boolean;
  /** Monotonic: since when it has been bad without being good, before it is raised. */
  readonly badFromMs: number;
  /** Monotonic: since when it has been good all the time, after it was raised. */
  goodFromMs: number | undefined;
}

/** Most alarms that are listed. Beyond that, more would help nobody. */
export const maxAlarms = 1_000;

/** Raises and clears alarms so that none comes and goes all the time. Pure. */
export class AlarmList {
  readonly #conditions = new Map<string, Condition>();

  /** Those that are raised: the gravest first, by kind, and the oldest of a kind first. */
  get alarms(): Alarm[] {
    return [...this.#conditions.values()]
      .filter(({ raised }) => raised)
      .map(({ alarm }) => alarm)
      .sort(byGravity)
      .slice(0, maxAlarms);
  }

  /**
   * Takes how everything is now. What is not among the findings is gone, with its alarm.
   *
   * @param at the same instant on the monotonic clock, which patience is measured by, and on the wall clock
   */
  update(
    findings: readonly Finding[],
    at: { readonly monotonicMs: number; readonly nowMs: UnixMillis },
  ): void {
    const present = new Set<string>();
    for (const finding of findings) {
      const id = idOf(finding);
      present.add(id);
      const condition = next(this.#conditions.get(id), finding, id, at);
      if (condition) this.#conditions.set(id, condition);
      else this.#conditions.delete(id);
    }
    for (const id of this.#conditions.keys()) if (!present.has(id)) this.#conditions.delete(id);
  }
}

function next(
  before: Condition | undefined,
  finding: Finding,
  id: string,
  { monotonicMs, nowMs }: { readonly monotonicMs: number; readonly nowMs: UnixMillis },
): Condition | undefined {
  const { kind, subject, level, text, advice } = finding;
  const { severity, raiseMs, clearMs } = hysteresis[kind];
  if (level === 'bad') {
    const sinceMs = before?.alarm.sinceMs ?? finding.sinceMs ?? nowMs;
    const badFromMs = before?.badFromMs ?? monotonicMs;
    const raised = before?.raised === true || monotonicMs - badFromMs >= raiseMs;
    const alarm = { id, kind, severity, ...subject, sinceMs, text, advice };
    return { alarm, raised, badFromMs, goodFromMs: undefined };
  }
  if (level === 'between') return before && { ...before, goodFromMs: undefined };
  if (!before?.raised) return undefined;
  const goodFromMs = before.goodFromMs ?? monotonicMs;
  return monotonicMs - goodFromMs >= clearMs ? undefined : { ...before, goodFromMs };
}

function idOf({ kind, subject: { cameraId, streamId, root } }: Finding): string {
  return [kind, streamId ?? cameraId ?? root].filter((part) => part !== undefined).join(':');
}

function byGravity(a: Alarm, b: Alarm): number {
  const grave = Number(b.severity === 'critical') - Number(a.severity === 'critical');
  const kind = alarmKinds.indexOf(a.kind) - alarmKinds.indexOf(b.kind);
  return grave || kind || a.sinceMs - b.sinceMs || (a.id < b.id ? -1 : 1);
}
