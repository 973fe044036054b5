import type { alarms as english } from '../en/alarms.ts';
import { pluralOf } from '../plural.ts';
import type { Translated } from '../texts.ts';

const plural = pluralOf('de-DE');

export const alarms: Translated<typeof english> = {
  'alarms.title': 'Alarme',
  'alarms.count': ({ count }) => plural(count, { one: '# Alarm', other: '# Alarme' }),
  'alarms.label': ({ count }) => plural(count, { one: 'Alarme: # Alarm', other: 'Alarme: # Alarme' }),
  'alarms.none': 'Es ist nichts zu tun.',
  'alarms.unknown': 'Keine Verbindung zum Server: Das ist der letzte bekannte Stand.',
  'alarms.since': ({ when }) => `Seit ${when}`,
  'alarms.since-for': ({ when, length }) => `Seit ${when} (${length})`,
  'alarms.camera': 'Zur Kamera',
};
