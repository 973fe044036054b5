import { message } from '../messages/message.ts';
import { fullInstantWords, offsetWords } from '../timeline/time_words.ts';
import type { Zone } from '../timeline/zone.ts';

/** What a still picture says of itself: which camera, when, and by which clock. */
export interface StillWords {
  /** Front door. */
  readonly camera: string;
  /** Sun 22 Nov 2026, 14:03:27.040 UTC+1. */
  readonly instant: string;
  /** `Front door 2026-11-22 14.03.27.040 UTC+1.png`: without what file systems refuse. */
  readonly fileName: string;
}

/** File names may be 255 bytes long; a name of three bytes a letter still leaves room for the time. */
const maxNameLength = 60;

/** @param ms when the picture was taken, by UTC */
export function stillWords(camera: string, ms: number, zone: Zone): StillWords {
  const { year, month, day, hour, minute, second, millisecond } = zone.localTime(ms);
  const two = (value: number) => `${value}`.padStart(2, '0');
  const fraction = `${millisecond}`.padStart(3, '0');
  const offset = offsetWords(zone.offsetAt(ms));
  const date = [year, two(month), two(day)].join('-');
  const time = [hour, minute, second].map(two).join('.');
  const name = camera
    .replace(/[\s\p{Cc}\\/:*?"<>|]+/gu, ' ')
    .slice(0, maxNameLength)
    .trim();
  const fileOffset = offset.replace('−', '-').replace(':', '.');
  return {
    camera,
    instant: `${message('clock.fraction', { clock: fullInstantWords(zone, ms), fraction })} ${offset}`,
    fileName: `${name} ${date} ${time}.${fraction} ${fileOffset}.png`.trim(),
  };
}
