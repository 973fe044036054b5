/** The closed list of what alarms are raised for; what is the cause of others comes before them. */
export const alarmKinds = [
  'storage_missing',
  'footage_missing',
  'disk_low',
  'retention_overdue',
  'retention_short',
  'camera_offline',
  'not_committing',
  'write_slow',
  'loss_high',
  'clock_not_synchronised',
] as const;

export type AlarmKind = (typeof alarmKinds)[number];

/** `critical`: footage is being lost, or will be soon. `warning`: it is worse than it could be. */
export type Severity = 'critical' | 'warning';

interface Hysteresis {
  readonly severity: Severity;
  /** The condition must have lasted so long before the alarm is raised. */
  readonly raiseMs: number;
  /** And have been over for so long before it is cleared. */
  readonly clearMs: number;
}

/** How patient each is. `docs/alarms.md` has the same table with the limits that the conditions are judged by. */
export const hysteresis: Readonly<Record<AlarmKind, Hysteresis>> = {
  storage_missing: { severity: 'critical', raiseMs: 0, clearMs: 10_000 },
  footage_missing: { severity: 'critical', raiseMs: 0, clearMs: 0 },
  disk_low: { severity: 'critical', raiseMs: 30_000, clearMs: 60_000 },
  retention_overdue: { severity: 'critical', raiseMs: 0, clearMs: 60_000 },
  retention_short: { severity: 'warning', raiseMs: 90_000, clearMs: 30_000 },
  camera_offline: { severity: 'critical', raiseMs: 30_000, clearMs: 30_000 },
  not_committing: { severity: 'critical', raiseMs: 30_000, clearMs: 30_000 },
  write_slow: { severity: 'warning', raiseMs: 10_000, clearMs: 60_000 },
  loss_high: { severity: 'warning', raiseMs: 30_000, clearMs: 120_000 },
  clock_not_synchronised: { severity: 'warning', raiseMs: 600_000, clearMs: 0 },
};
