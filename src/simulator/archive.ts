import type { Range } from '../rtsp/range.ts';
import { type UnixMillis, unixMillis } from '../units/time.ts';

/** What a simulated camera recorded: its clip, once. */
export interface Archive {
  readonly startMs: UnixMillis;
  readonly seconds: number;
}

/** Seconds from the begin of the archive. */
export interface ArchivePart {
  readonly from: number;
  readonly to: number;
}

/** The part of an archive that a range names; undefined when there is nothing of it. */
export function partOf(archive: Archive, range: Range): ArchivePart | undefined {
  const { from, to } = asked(archive, range);
  const part = { from: Math.max(0, from), to: Math.min(to, archive.seconds) };
  return part.from < part.to ? part : undefined;
}

/** A part in the unit that somebody asked with. */
export function rangeOf(archive: Archive, { from, to }: ArchivePart, unit: Range['unit']): Range {
  if (unit !== 'clock') return { unit: 'npt', start: from, end: to };
  const instant = (seconds: number) => unixMillis(Math.round(archive.startMs + seconds * 1000));
  return { unit, start: instant(from), end: instant(to) };
}

function asked(archive: Archive, range: Range): ArchivePart {
  switch (range.unit) {
    case 'npt': {
      const { start, end = Number.POSITIVE_INFINITY } = range;
      if (start !== undefined) return { from: start === 'now' ? archive.seconds : start, to: end };
      return { from: Math.max(0, archive.seconds - end), to: archive.seconds };
    }
    case 'clock':
      return {
        from: (range.start - archive.startMs) / 1000,
        to: range.end === undefined ? Number.POSITIVE_INFINITY : (range.end - archive.startMs) / 1000,
      };
    default:
      // No time code was recorded.
      return { from: 0, to: 0 };
  }
}
