/** How many days of footage there are and will be, in words. */
import type { RetentionAnswer } from '../../src/api/contract/retention.ts';
import { bytes, duration } from '../messages/format.ts';
import { byLocale, message } from '../messages/message.ts';

type CameraRetention = RetentionAnswer['cameras'][number];

const dayMs = 86_400_000;
const oneDecimal = byLocale((locale) => new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }));

/** `12.5 days`; less than a day as `3 h 5 min`. */
export function daysWords(count: number): string {
  if (count === 0) return message('storage.none');
  return count < 1
    ? duration(count * dayMs)
    : message('retention.days', { days: oneDecimal().format(count) });
}

export function expectedWords({
  expectedDays,
  bytesPerDay,
}: Pick<CameraRetention, 'expectedDays' | 'bytesPerDay'>): string {
  if (expectedDays !== undefined) return daysWords(expectedDays);
  return bytesPerDay > 0 ? message('retention.endless') : message('storage.none');
}

/** `There are 3 h of footage in 1.2 GB. Expected are 12.5 days; what ends them is its age.` */
export function outlookWords(camera: CameraRetention): string {
  const { achievedDays, storedBytes, limitedBy, expectedDays, bytesPerDay } = camera;
  if (achievedDays === 0) return message('retention.outlook.nothing');
  const stored = message('retention.outlook.stored', {
    achieved: daysWords(achievedDays),
    size: bytes(storedBytes),
  });
  if (bytesPerDay === 0) return stored;
  if (expectedDays === undefined || limitedBy === undefined)
    return `${stored} ${message('retention.outlook.endless')}`;
  return `${stored} ${message('retention.outlook.expected', {
    expected: daysWords(expectedDays),
    rule: message(`retention.rule.${limitedBy}`),
  })}`;
}
