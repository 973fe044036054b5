import type { units as english } from '../en/units.ts';
import type { Translated } from '../texts.ts';
import { dative } from './dative.ts';

export const units: Translated<typeof english> = {
  'date.day': ({ weekday, day, month }) => `${weekday} ${day}. ${month}`,
  'date.day.short': ({ day, month }) => `${day}. ${month}`,
  'clock.fraction': ({ clock, fraction }) => `${clock},${fraction}`,
  'unit.milliseconds': ({ n }) => `${n}\u202fms`,
  'unit.seconds': ({ n }) => `${n}\u202fs`,
  'unit.minutes': ({ n }) => `${n}\u202fmin`,
  'unit.hours': ({ n }) => `${n}\u202fh`,
  'unit.days': ({ n }) => (n === 1 ? '1\u202fTag' : `${n}\u202fTage`),
  'unit.framesPerSecond': ({ n }) => `${n}\u202fBilder/s`,
  'unit.size': ({ width, height }) => `${width}\u202f×\u202f${height}`,
  'unit.figure': ({ n, unit }) => `${n}\u202f${unit}`,
  'unit.ago': ({ duration }) => `vor ${dative(duration)}`,
};
