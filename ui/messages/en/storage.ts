import { pluralOf } from '../plural.ts';

const plural = pluralOf('en-GB');

export const storage = {
  'storage.title': 'Storage',
  'storage.free': ({ free }: { free: string }) => `${free} free`,
  'storage.of': ({ total }: { total: string }) => `of ${total}`,
  'storage.used': 'Used',
  'storage.kept-free': 'Kept free',
  'storage.rest': 'Free to record',
  'storage.bar': ({ used, total }: { used: string; total: string }) => `${used} of ${total} used`,
  'storage.lasts': ({ duration, rate }: { duration: string; rate: string }) =>
    `At ${rate}, as now, the room lasts for ${duration}. After that the oldest footage makes room for the newest.`,
  'storage.full': ({ minimum }: { minimum: string }) =>
    `The disk is as full as it may be: the oldest footage makes room for the newest, so that ${minimum} stay free.`,
  'storage.idle': 'Nothing is being recorded.',
  'storage.folder': 'Recordings',
  'storage.unusable': 'Nothing can be recorded.',
  'storage.unusable.advice':
    'See that the disk is mounted and can be written; recording goes on by itself then.',
  'storage.healthy': 'All is well.',
  'storage.cameras': 'Cameras',
  'storage.column.stream': 'Stream',
  'storage.column.rate': 'Rate',
  'storage.column.per-day': 'Per day',
  'storage.column.lost': 'Lost packets',
  'storage.column.bound': 'Power cut costs',
  'storage.bound.help': 'What a power cut can cost at most: the time until footage is safe on the disk.',
  'storage.bound': ({ duration }: { duration: string }) => `≤ ${duration}`,
  'storage.none': '–',
  'storage.server': 'Server',
  'storage.version': 'Version',
  'storage.uptime': 'Running for',
  'storage.memory': 'Memory',
  'storage.cpu': 'Processor',
  'storage.cpu.share': ({ percent }: { percent: string }) => `${percent}\u202f% of a core`,
  'storage.delay': 'Longest delay',
  'storage.delay.help': 'How late the main thread was at worst in the last minute.',
  'storage.problems': ({ count }: { count: number }) =>
    plural(count, { one: '# thing needs attention', other: '# things need attention' }),
};
