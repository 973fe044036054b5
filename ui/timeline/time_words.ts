/** Instants and lengths in words, by the clocks of a zone: 24 hours, since a recording is a matter of record. */
import { dayWords, shortDayWords, shortWeekday } from '../messages/day_words.ts';
import { message } from '../messages/message.ts';
import type { LocalTime, Zone } from './zone.ts';

export { dayWords, shortDayWords, shortWeekday };

const minute = 60_000;

const two = (value: number) => String(value).padStart(2, '0');

/** 14:03 or 14:03:27. */
export function clockWords({ hour, minute, second }: LocalTime, withSeconds: boolean): string {
  return `${two(hour)}:${two(minute)}${withSeconds ? `:${two(second)}` : ''}`;
}

/** 14:03:27.04 for single pictures. */
export function preciseClockWords(local: LocalTime): string {
  const fraction = two(Math.floor(local.millisecond / 10));
  return message('clock.fraction', { clock: clockWords(local, true), fraction });
}

/** The instant as short as it is clear beside another: with its day only when that differs. */
export function instantWords(zone: Zone, ms: number, besideMs: number, withSeconds = true): string {
  const local = zone.localTime(ms);
  const clock = clockWords(local, withSeconds);
  return zone.startOfDay(ms) === zone.startOfDay(besideMs) ? clock : `${dayWords(local)}, ${clock}`;
}

/** Sat 21 Nov 2026, 14:03:27: the instant in full, for tables and readers. */
export function fullInstantWords(zone: Zone, ms: number): string {
  const local = zone.localTime(ms);
  return `${dayWords(local)} ${local.year}, ${clockWords(local, true)}`;
}

/** UTC+1, UTC−3:30, UTC. */
export function offsetWords(offsetMs: number): string {
  if (offsetMs === 0) return 'UTC';
  const minutes = Math.round(Math.abs(offsetMs) / minute);
  const rest = minutes % 60;
  return `UTC${offsetMs < 0 ? '−' : '+'}${Math.floor(minutes / 60)}${rest ? `:${two(rest)}` : ''}`;
}

/** 0:42, 12:05, 1:02:03: a length as a counter shows it. */
export function counterWords(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
