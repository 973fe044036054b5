import type { Alarm } from '../alarms/alarm_list.ts';
import type { AlarmAnswer } from './contract/status.ts';

/** An alarm as the API shows it. */
export function viewAlarm(alarm: Alarm): AlarmAnswer {
  return { ...alarm, sinceMs: Math.round(alarm.sinceMs) };
}
