import type { CoverageAnswer } from '../api/contract/coverage.ts';
import type { TimelineAnswer } from '../api/contract/footage.ts';

/** One stream of the report. */
export interface CoveredStream {
  readonly camera: { readonly id: string; readonly name: string };
  readonly coverage: CoverageAnswer;
  readonly gaps: TimelineAnswer['gaps'];
}

const units: readonly (readonly [name: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
];

/** To the second, or to the millisecond below a minute: `2 d 3 h 0 min 5 s`, `4.25 s`. */
function durationText(ms: number): string {
  const parts: string[] = [];
  let rest = ms < 60_000 ? ms : Math.round(ms / 1000) * 1000;
  for (const [name, length] of units) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0 || parts.length > 0) parts.push(`${count} ${name}`);
  }
  return [...parts, `${rest / 1000} s`].join(' ');
}

function instantText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

const header = ['Camera', 'Stream', 'Covered', 'Recorded', 'Longest gap'] as const;

/** The report for people: a line for each stream, and below it why the rest is missing. */
export function coverageText(
  streams: readonly CoveredStream[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): string {
  const title = `Coverage from ${instantText(fromMs)} to ${instantText(toMs)}`;
  if (streams.length === 0) return `${title}\n\nNo stream is recorded.\n`;
  const rows = streams.map(({ camera, coverage }) => {
    const { percent, coveredMs, longestGap } = coverage;
    return [
      camera.name,
      coverage.role,
      percent === undefined ? '–' : `${percent.toFixed(3)} %`,
      durationText(coveredMs),
      longestGap
        ? `${durationText(longestGap.endMs - longestGap.startMs)} from ${instantText(longestGap.startMs)}`
        : 'none',
    ];
  });
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((text, column) => text.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  const lines = rows.flatMap((row, index) => [line(row), ...notes(streams[index]!.coverage)]);
  return `${[title, '', line(header), ...lines].join('\n')}\n`;
}

function notes({ gaps, undecidedMs, lost, expectedFromMs, knownToMs }: CoverageAnswer): string[] {
  const causes = gaps.map(
    ({ cause, count, totalMs }) =>
      `${cause}: ${durationText(totalMs)} in ${count} ${count === 1 ? 'gap' : 'gaps'}`,
  );
  const nothing = expectedFromMs === knownToMs ? ['nothing is known of this time'] : [];
  const lossCounts = [
    [lost.pictures, 'pictures'],
    [lost.sounds, 'sounds'],
    [lost.packets, 'packets'],
  ] as const;
  const losses = lossCounts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return [
    ...causes,
    ...nothing,
    ...(losses.length > 0 ? [`lost on the way: ${losses.join(', ')}`] : []),
    ...(undecidedMs > 0 ? [`not known yet: the last ${durationText(undecidedMs)}`] : []),
  ].map((text) => `    ${text}`);
}

const csvColumns = [
  'camera',
  'camera_id',
  'stream',
  'start',
  'end',
  'start_ms',
  'end_ms',
  'seconds',
  'cause',
  'ongoing',
];

/** A row for each gap (RFC 4180), instants in RFC 3339 and epoch milliseconds. */
export function coverageCsv(streams: readonly CoveredStream[]): string {
  const rows = streams.flatMap(({ camera, coverage, gaps }) =>
    gaps.map(({ startMs, endMs, cause, ongoing }) => [
      camera.name,
      camera.id,
      coverage.role,
      new Date(startMs).toISOString(),
      new Date(endMs).toISOString(),
      startMs,
      endMs,
      (endMs - startMs) / 1000,
      cause,
      ongoing,
    ]),
  );
  return [csvColumns, ...rows].map((row) => `${row.map(csvField).join(',')}\r\n`).join('');
}

function csvField(value: string | number | boolean): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
