import { pluralOf } from '../plural.ts';

const plural = pluralOf('en-GB');

export const alarms = {
  'alarms.title': 'Alarms',
  'alarms.count': ({ count }: { count: number }) => plural(count, { one: '# alarm', other: '# alarms' }),
  'alarms.label': ({ count }: { count: number }) =>
    plural(count, { one: 'Alarms: # alarm', other: 'Alarms: # alarms' }),
  'alarms.none': 'Nothing needs you.',
  'alarms.unknown': 'No connection to the server: this is what was known last.',
  'alarms.since': ({ when }: { when: string }) => `Since ${when}`,
  'alarms.since-for': ({ when, length }: { when: string; length: string }) => `Since ${when}, for ${length}`,
  'alarms.camera': 'To the camera',
};
