/** Compares what the cameras of a torture run sent with what files and timeline have of it. Pure. */
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import type { Connection, SentPicture } from './torture_camera.ts';

/** A hole is on record where it was, but for the time that a busy machine takes to send and to receive. */
const slackMs = 700;
/** From the end of a connection to the next PLAY, beside what the back-off waits and what it takes to notice the end. */
const reconnectMs = 4_000;
/** Delays of the back-off after the first, second … failure without footage, longest. */
const backOffMs = [0, 600, 1_200, 2_400, 4_800, 9_600, 19_200, 36_000] as const;
/** Another source is a stranger until the one before it has been silent for a second. */
const strangerMs = 1_400;
/** How long the recorder takes to notice an ending. */
const noticedMs = { close: 0, reset: 0, cut: 0, goodbye: 4_000, silence: 12_000 } as const;

export interface Verdict {
  readonly sent: number;
  readonly written: number;
  /** Whole as sent, but such as the recorder may leave out; by the reason. */
  readonly doubtful: ReadonlyMap<string, number>;
  readonly broken: number;
  /** Each as a sentence. */
  readonly faults: readonly string[];
}

/** @param hashes MD5 of each picture in the files of the camera, in any order */
export function judge(
  camera: string,
  connections: readonly Connection[],
  hashes: readonly string[],
  timeline: TimelineAnswer,
): Verdict {
  const written = countOf(hashes);
  const faults: string[] = [];
  const doubtful = new Map<string, number>();
  const known = new Set(connections.flatMap(({ pictures }) => pictures.map(({ hash }) => hash)));
  for (const [hash, times] of written) {
    if (!known.has(hash)) faults.push(`a file has a picture that was never sent so (${hash})`);
    if (times > 1) faults.push(`a picture is ${times} times in files (${hash})`);
  }
  const onRecord = [...timeline.gaps, ...timeline.damages.filter(({ media }) => media === 'video')];
  for (const { number, pictures, plan } of connections) {
    let begun = false;
    for (const [index, picture] of pictures.entries()) {
      const say = (what: string) => {
        const at = new Date(picture.takenMs).toISOString();
        faults.push(`picture ${index} of connection ${number} (${at}) ${what}; plan ${JSON.stringify(plan)}`);
      };
      const isWritten = written.has(picture.hash);
      if (picture.fate === 'broken' && isWritten) say('is in a file though not all of it was sent');
      if (picture.fate === 'maybe') doubtful.set(picture.why!, (doubtful.get(picture.why!) ?? 0) + 1);
      if (picture.keyFrame && picture.fate === 'whole') begun = true;
      if (picture.fate === 'whole' && begun && !isWritten) say('was sent whole and is in no file');
      if (!isWritten && !isOnRecord(picture, onRecord, timeline)) say('is missing, and nothing says so');
      if (isWritten && !isWithin(picture, timeline.recordings))
        say('is in a file, and the index knows no footage there');
    }
  }
  faults.push(...reconnectFaults(connections, written), ...tileFaults(timeline));
  const all = connections.flatMap(({ pictures }) => pictures);
  return {
    sent: all.length,
    written: all.filter(({ hash }) => written.has(hash)).length,
    doubtful,
    broken: all.filter(({ fate }) => fate === 'broken').length,
    faults: faults.map((fault) => `${camera}: ${fault}`),
  };
}

interface Range {
  readonly startMs: number;
  readonly endMs: number;
}

const isWithin = ({ takenMs }: SentPicture, ranges: readonly Range[]): boolean =>
  ranges.some(({ startMs, endMs }) => startMs - slackMs <= takenMs && takenMs <= endMs + slackMs);

/** Of the time before the first footage, and of the last moments, nothing is said. */
function isOnRecord(picture: SentPicture, ranges: readonly Range[], timeline: TimelineAnswer): boolean {
  if (picture.takenMs < timeline.expectedFromMs + slackMs) return true;
  return picture.takenMs > timeline.knownToMs - slackMs || isWithin(picture, ranges);
}

/** After each ending the recorder plays again within its back-off, which only footage resets. */
function reconnectFaults(connections: readonly Connection[], written: ReadonlyMap<string, number>): string[] {
  let failures = 0;
  return connections.flatMap(({ number, startedMs }, index) => {
    const before = connections[index - 1];
    if (!before) return [];
    const recorded = before.pictures.some(({ hash }) => written.has(hash));
    failures = recorded ? 0 : failures + 1;
    const tookMs = startedMs - before.endedMs!;
    const allowedMs = reconnectMs + noticeMs(before) + backOffMs[Math.min(failures, backOffMs.length - 1)]!;
    if (tookMs <= allowedMs) return [];
    return [`connection ${number} came ${tookMs} ms after the end of the one before (${before.plan.ending})`];
  });
}

/** The goodbye of a source that the recorder takes for a stranger as yet is not heard: there is silence then. */
function noticeMs({ plan: { ending, faults }, pictures }: Connection): number {
  const lastMs = pictures.at(-1)?.sentMs ?? 0;
  const isStranger = faults.some(
    ({ kind, atPicture }) =>
      kind === 'SSRC change' && lastMs - (pictures[atPicture]?.sentMs ?? lastMs) < strangerMs,
  );
  return noticedMs[ending === 'goodbye' && isStranger ? 'silence' : ending];
}

function tileFaults({ recordings, gaps, expectedFromMs, knownToMs }: TimelineAnswer): string[] {
  const parts = [...recordings, ...gaps].sort((a, b) => a.startMs - b.startMs);
  const faults: string[] = [];
  let at = expectedFromMs;
  for (const { startMs, endMs } of parts) {
    if (startMs !== at) faults.push(`the timeline does not tile at ${startMs}`);
    at = endMs;
  }
  if (at !== knownToMs) faults.push(`the timeline ends at ${at} and not at ${knownToMs}`);
  return faults;
}

function countOf(hashes: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const hash of hashes) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  return counts;
}
