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
  'storage.in-flight': ({ amount }: { amount: string }) => `· ${amount} on their way to the disk`,
  'storage.in-flight.help': 'In memory, or written and not yet safe from a power cut.',
  'storage.cameras.count': ({ count }: { count: number }) =>
    plural(count, { one: '# camera', other: '# cameras' }),
  'storage.unusable': 'Nothing can be recorded.',
  'storage.unusable.advice':
    'See that the disk is mounted and can be written; recording goes on by itself then.',
  'storage.full.advice':
    'See what else is on the disk, protect less, keep footage for a shorter time, or use a larger disk.',
  'storage.healthy': 'All is well.',
  'storage.verified': ({ count, ago }: { count: number; ago: string }) =>
    plural(count, {
      one: `# recorded file was looked for ${ago} ago.`,
      other: `# recorded files were looked for ${ago} ago.`,
    }),
  'storage.verified.never': 'Nobody has looked yet whether all recorded files are there.',
  'storage.verified.running': 'They are being looked for just now.',
  'storage.read': ({ ago }: { ago: string }) => `Each was read from end to end ${ago} ago.`,
  'storage.read.running': ({ done, files }: { done: number; files: number }) =>
    `Each is being read from end to end, slowly: ${done} of ${files} so far.`,
  'storage.verified.lost': ({ count }: { count: number }) =>
    plural(count, {
      one: '# file is missing or damaged.',
      other: '# files are missing or damaged.',
    }),
  'storage.verified.away': ({ roots }: { roots: string }) => `Not those on ${roots}, which was away.`,
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
