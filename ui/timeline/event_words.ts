/** What happened, in words: names of types, and of events that the timeline has made one. */
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import { duration } from '../messages/format.ts';
import { message, type PlainKey } from '../messages/message.ts';
import { instantWords } from './time_words.ts';
import type { Zone } from './zone.ts';

/** One event, or `count` of its type that begin too close to each other to be told apart. */
export type TimelineEvent = TimelineAnswer['events'][number];

/** Words of types, as cameras and programs name what they notice; the first that a type has decides. */
const known: readonly (readonly [words: readonly string[], name: PlainKey])[] = [
  [['tamper', 'tampering', 'defocus'], 'event.tampering'],
  [['person', 'people', 'human', 'pedestrian'], 'event.person'],
  [['face'], 'event.face'],
  [['vehicle', 'car', 'truck', 'plate'], 'event.vehicle'],
  [['animal', 'pet', 'dog', 'cat'], 'event.animal'],
  [['doorbell', 'visitor'], 'event.doorbell'],
  [['line', 'crossline', 'linecross'], 'event.line'],
  [['field', 'intrusion'], 'event.intrusion'],
  [['sound', 'audio'], 'event.sound'],
  [['input', 'contact'], 'event.contact'],
  [['motion'], 'event.motion'],
];

/** What people call a type; itself where it is not known. */
export function eventName(type: string): string {
  const words = new Set(
    type
      .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .split(/[^a-z]+/),
  );
  const name = known.find(([each]) => each.some((word) => words.has(word)))?.[1];
  return name === undefined ? type : message(name);
}

/** The letter that stands for a type where there is no room for its name. */
export function eventLetter(type: string): string {
  const name = eventName(type);
  // Of a topic the last part says most: `tns1:Device/Sensor/Smoke`.
  const part = name === type ? (type.split(/[/:.]/).findLast((each) => each !== '') ?? type) : name;
  return part.slice(0, 1).toUpperCase();
}

/** The events at an instant, or within the tolerance of it: one may be narrower than a pointer. */
export function eventsOver(
  events: readonly TimelineEvent[],
  ms: number,
  toleranceMs: number,
): TimelineEvent[] {
  return events.filter(({ startMs, endMs }) => startMs - toleranceMs <= ms && ms <= endMs + toleranceMs);
}

/** `Motion, 14:03:10, for 30 s`, `12 × Motion, 14:03:10 to 14:09:12`. @param besideMs an instant whose day need not be said */
export function eventWords(event: TimelineEvent, zone: Zone, besideMs: number): string {
  const { startMs, endMs, ongoing, count } = event;
  const name = message('event.named', { name: eventName(event.type), count });
  const from = instantWords(zone, startMs, besideMs);
  if (ongoing) return message('event.ongoing', { name, from });
  if (count > 1) return message('event.several', { name, from, to: instantWords(zone, endMs, startMs) });
  if (endMs === startMs) return message('event.moment', { name, from });
  return message('event.one', { name, from, length: duration(endMs - startMs) });
}
