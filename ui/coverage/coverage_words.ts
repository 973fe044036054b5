import { byLocale } from '../messages/message.ts';

const digits = byLocale((locale) => new Intl.NumberFormat(locale, { maximumFractionDigits: 3 }));

/** `99.975`; the server rounds down, so that 100 is said of nothing that has a gap. */
export function percentWords(percent: number): string {
  return digits().format(percent);
}
