import { lasting } from '../probe/amount_words.ts';
import type { DeliveryFindings, ProbeReport } from '../probe/probe_report.ts';
import type { TranscriptEntry } from '../probe/transcript.ts';
import { wrap } from './wrapped_text.ts';

/** Less is told as none: it is the jitter of the first packet. */
const leastBurstMs = 50;
const labelWidth = 12;
/** Of a line; longer ones that people read are wrapped. */
const lineWidth = 100;

/** A report for people: first what was said, then what was found, and at the end what to do. */
export function probeText(report: ProbeReport, version: string): string {
  const { startedMs, url, error } = report;
  const when = new Date(startedMs)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z/, ' UTC');
  const sections = [
    [`Nightjar ${version}, ${when}`, url],
    ['Dialogue, without secrets', '', ...report.dialogue.flatMap(dialogueLines)],
    ['Findings', '', ...findings(report).flatMap(([label, text]) => labelled(label, text))],
    ...adviceLines(report),
    error
      ? wrap(`It cannot be recorded: ${error.message} (${error.code})`, lineWidth)
      : ['It can be recorded.'],
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function dialogueLines({ atMs, kind, text }: TranscriptEntry): string[] {
  const sign = { sent: '>', received: '<', note: '-' }[kind];
  const [first = '', ...rest] = text.split('\n');
  const time = (atMs / 1000).toFixed(3).padStart(8);
  return [`${time} ${sign} ${first}`, ...rest.map((line) => `         ${sign} ${line}`.trimEnd())];
}

function findings(report: ProbeReport): [label: string, text: string][] {
  const { server, video, audio, metadata, delivery, clock, framingBytesLost, damagedUnits } = report;
  const received = delivery.some(({ packets }) => packets > 0);
  const rows: [string, string | undefined][] = [
    ['camera', server],
    ['login', report.authentication.join(', ') || undefined],
    ['transport', transportText(report)],
    ...report.offered.map(({ kind, formats, recorded, reason }): [string, string] => {
      const what = `${kind} ${formats.join(' or ') || 'in no known format'}`;
      return ['offers', recorded ? what : `${what}, not recorded: ${reason}`];
    }),
    ['video', video && videoText(report)],
    ['key frames', video && video.frames > 0 ? keyFrameText(report) : undefined],
    ['audio', audio && audioText(report)],
    ['metadata', metadata && metadataText(metadata)],
    ['start', startText(report)],
    ...delivery.map((medium): [string, string | undefined] => [
      `${medium.medium} in`,
      received ? deliveryText(medium) : undefined,
    ]),
    ['framing', framingBytesLost > 0 ? `${framingBytesLost} bytes passed over to find it again` : undefined],
    [
      'damage',
      damagedUnits > 0
        ? `${plural(damagedUnits, 'picture or sound', 'pictures and sounds')} came in broken`
        : undefined,
    ],
    ['clock', received ? clockText(clock) : undefined],
    ...report.notes
      .filter((note) => !isOffered(report, note))
      .map((note): [string, string] => ['note', note]),
  ];
  return rows.filter((row): row is [string, string] => row[1] !== undefined);
}

/** Whether a note says what the row of an offered medium says already. */
function isOffered({ offered }: ProbeReport, note: string): boolean {
  return offered.some(({ reason }) => reason !== undefined && note.endsWith(reason));
}

function transportText({ transport, failedAttempts, error }: ProbeReport): string {
  const before = failedAttempts.map((attempt) => `${attempt.transport} failed (${attempt.code})`);
  return [error ? `${transport}, failed (${error.code})` : transport, ...before].join('; before: ');
}

function videoText({ video }: ProbeReport): string {
  const { codec, codecString, width, height, framesPerSecond, frames, framesBefore } = video!;
  const what = `${codec} ${codecString}, ${width}x${height}`;
  if (frames === 0) return `${what}; ${plural(framesBefore, 'picture', 'pictures')} came, and no key frame`;
  return `${what}, ${framesPerSecond} frames/s, ${rate(video!)}`;
}

function rate({
  bitsPerSecond,
  peakBitsPerSecond,
}: {
  bitsPerSecond: number;
  peakBitsPerSecond: number;
}): string {
  const peak = peakBitsPerSecond > bitsPerSecond ? `, ${bits(peakBitsPerSecond)} in the busiest second` : '';
  return `${bits(bitsPerSecond)}${peak}`;
}

function keyFrameText({ video, observedMs }: ProbeReport): string {
  const { keyFrames, keyFrameIntervalsMs: spread, reorderedFrames, reorderDepth } = video!;
  const order =
    reorderedFrames > 0
      ? `B-frames: ${reorderedFrames} pictures shown before one that came earlier`
      : 'no B-frames';
  const stated =
    reorderDepth === undefined ? 'reorder depth not stated' : `reorder depth ${reorderDepth} stated`;
  const often = spread
    ? `every ${s(spread.median)} (${s(spread.min)} to ${s(spread.max)}), ${keyFrames} seen`
    : `only ${keyFrames} seen in ${s(observedMs)}`;
  return `${often}; ${order}, ${stated}`;
}

function audioText({ audio }: ProbeReport): string {
  const { codec, codecString, sampleRate, channels, frames } = audio!;
  const what = `${codec} ${codecString}, ${sampleRate} Hz, ${channels} channel${channels === 1 ? '' : 's'}`;
  return frames === 0 ? `${what}; none came` : `${what}, ${rate(audio!)}`;
}

function metadataText({ documents, bytes, lost }: NonNullable<ProbeReport['metadata']>): string {
  const broken = lost > 0 ? `, ${lost} not whole` : '';
  return `${plural(documents, 'document', 'documents')}, ${bytes} bytes${broken}`;
}

function startText({ timing }: ProbeReport): string | undefined {
  const steps: [string, number | undefined][] = [
    ['connected', timing.connectedMs],
    ['described', timing.describedMs],
    ['playing', timing.playingMs],
    ['first packet', timing.firstPacketMs],
    ['first key frame', timing.firstKeyFrameMs],
  ];
  const taken = steps.filter(([, ms]) => ms !== undefined);
  if (taken.length === 0) return undefined;
  return `${taken.map(([name, ms]) => `${name} ${ms}`).join(', ')} (ms)`;
}

function deliveryText(medium: DeliveryFindings): string {
  const { packets, packetsLost, jitterMs, burstMs } = medium;
  const oddities: [number, string, string?][] = [
    [medium.duplicates, 'twice'],
    [medium.reordered, 'out of order'],
    [medium.late, 'too late'],
    [medium.otherPackets, 'of others'],
    [medium.sequenceRestarts, 'restart of the sequence', 'restarts of the sequence'],
    [medium.timestampStrays, 'stray time stamp', 'stray time stamps'],
    [medium.timelineBreaks, 'break of the time line', 'breaks of the time line'],
  ];
  return [
    `${packets} packets, ${packetsLost} lost`,
    ...oddities.filter(([count]) => count > 0).map(([count, one, more]) => plural(count, one, more)),
    `jitter ${jitterMs} ms`,
    burstMs >= leastBurstMs ? `began ${s(burstMs)} in the past` : 'no burst',
    medium.rtcpPackets > 0 ? 'RTCP' : 'no RTCP',
  ].join(', ');
}

function clockText({ senderReports, offsetMs, spreadMs = 0, drift }: ProbeReport['clock']): string {
  const offset =
    offsetMs === undefined
      ? 'not told (no sender report)'
      : `${offsetText(offsetMs)}, by ${senderReports} sender report${senderReports === 1 ? '' : 's'}`;
  const steps = spreadMs > 1000 ? `, which lie ${s(spreadMs)} apart` : '';
  const drifts = drift
    ? `drift ${drift.ppm > 0 ? '+' : ''}${drift.ppm} ppm (± ${drift.uncertaintyPpm})`
    : 'drift not measurable in so short a time';
  return `${offset}${steps}; ${drifts}`;
}

function offsetText(offsetMs: number): string {
  const off = Math.abs(offsetMs);
  const amount = off < 10_000 ? `${off} ms` : lasting(off);
  return `${amount} ${offsetMs >= 0 ? 'ahead of' : 'behind'} ours`;
}

function adviceLines({ advice }: ProbeReport): string[][] {
  if (advice.length === 0) return [];
  const signs = { problem: '!!', caution: ' !', hint: ' -' };
  const lines = advice.flatMap(({ level, text }) =>
    wrap(text, lineWidth - 5).map((line, index) => ` ${index === 0 ? signs[level] : '  '} ${line}`),
  );
  return [['Advice', '', ...lines]];
}

function labelled(label: string, text: string): string[] {
  const lines = wrap(text, lineWidth - labelWidth - 2);
  return lines.map((line, index) => `  ${(index === 0 ? label : '').padEnd(labelWidth)}${line}`);
}

function plural(count: number, one: string, more = one): string {
  return `${count} ${count === 1 ? one : more}`;
}

function s(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function bits(bitsPerSecond: number): string {
  const kilobits = bitsPerSecond / 1000;
  return kilobits < 1000 ? `${Math.round(kilobits)} kbit/s` : `${(kilobits / 1000).toFixed(1)} Mbit/s`;
}
