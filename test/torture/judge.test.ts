import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import { connectionPlan } from './fault_plan.ts';
import { judge } from './judge.ts';
import type { Connection, SentPicture } from './torture_camera.ts';

const plan = { ...connectionPlan(1, { transport: 'tcp', quick: true }), ending: 'close' as const };

/** Pictures 40 ms apart: K whole key frame, p whole, x broken, ? doubtful; their hashes are their places. */
function connection(number: number, startedMs: number, pattern: string): Connection {
  const pictures = [...pattern].map((letter, index): SentPicture => {
    const fate = letter === 'x' ? 'broken' : letter === '?' ? 'maybe' : 'whole';
    const picture = {
      hash: `${number}.${index}`,
      keyFrame: letter === 'K',
      takenMs: startedMs + index * 40,
      sentMs: 0,
      fate,
    };
    return { ...picture, fate, ...(fate === 'maybe' && { why: 'a test' }) };
  });
  return { number, plan, startedMs, endedMs: startedMs + pattern.length * 40, pictures };
}

const timeline = (change: Partial<TimelineAnswer> = {}): TimelineAnswer => ({
  expectedFromMs: 0,
  knownToMs: 100_000,
  recordings: [{ startMs: 0, endMs: 50_000, runId: 'a', growing: false, bytes: 1 }],
  gaps: [{ startMs: 50_000, endMs: 100_000, cause: 'unreachable', ongoing: true }],
  damages: [{ startMs: 10_000, endMs: 12_000, media: 'video', packetsLost: 1, unitsDropped: 1 }],
  events: [],
  activity: { startMs: 0, stepMs: 1_000, levels: '' },
  ...change,
});

const all = (connections: readonly Connection[], but: readonly string[] = []) =>
  connections
    .flatMap(({ pictures }) => pictures.map(({ hash }) => hash))
    .filter((hash) => !but.includes(hash));

/** A connection of so many pictures that were sent so far apart, all but the first by another source. */
function goodbye(count: number, apartMs: number): Connection {
  const made = connection(0, 20_000, 'K'.padEnd(count, 'p'));
  const pictures = made.pictures.map((picture, index) => ({ ...picture, sentMs: index * apartMs }));
  const faults = [{ kind: 'SSRC change' as const, atPicture: 1 }];
  return { ...made, pictures, plan: { ...plan, faults, ending: 'goodbye' } };
}

const rows: {
  name: string;
  connections: Connection[];
  files: string[];
  on?: TimelineAnswer;
  fault?: RegExp;
}[] = [
  {
    name: 'all is well',
    connections: [connection(0, 20_000, 'Kppp')],
    files: all([connection(0, 0, 'Kppp')]),
  },
  {
    name: 'a broken picture is missing, and damage says so',
    connections: [connection(0, 10_000, 'Kpxp')],
    files: ['0.0', '0.1', '0.3'],
  },
  {
    name: 'what may be missing may be missing',
    connections: [connection(0, 10_000, 'Kp?p')],
    files: ['0.0', '0.1', '0.3'],
  },
  {
    name: 'a whole picture before the first key frame is not missed',
    connections: [connection(0, 10_000, 'ppKp')],
    files: ['0.2', '0.3'],
  },
  {
    name: 'a whole picture is missing',
    connections: [connection(0, 10_000, 'Kppp')],
    files: ['0.0', '0.1', '0.3'],
    fault: /picture 2 of connection 0 .* was sent whole and is in no file/,
  },
  {
    name: 'a broken picture is in a file',
    connections: [connection(0, 10_000, 'Kpxp')],
    files: ['0.0', '0.1', '0.2', '0.3'],
    fault: /is in a file though not all of it was sent/,
  },
  {
    name: 'a picture is missing and nothing says so',
    connections: [connection(0, 20_000, 'Kpxp')],
    files: ['0.0', '0.1', '0.3'],
    fault: /is missing, and nothing says so/,
  },
  {
    name: 'a picture is twice in files',
    connections: [connection(0, 20_000, 'Kp')],
    files: ['0.0', '0.1', '0.1'],
    fault: /is 2 times in files/,
  },
  {
    name: 'a file has bytes that nobody sent',
    connections: [connection(0, 20_000, 'Kp')],
    files: ['0.0', '0.1', 'cafe'],
    fault: /never sent so \(cafe\)/,
  },
  {
    name: 'the index knows nothing of footage',
    connections: [connection(0, 60_000, 'K')],
    files: ['0.0'],
    fault: /the index knows no footage there/,
  },
  {
    name: 'the recorder comes back late',
    connections: [connection(0, 20_000, 'Kp'), connection(1, 25_000, 'Kp')],
    files: ['0.0', '0.1', '1.0', '1.1'],
    fault: /connection 1 came 4920 ms after the end of the one before \(close\)/,
  },
  {
    name: 'the goodbye of another source is heard when that has sent for a second',
    connections: [goodbye(50, 40), connection(1, 31_000, 'Kp')],
    files: all([goodbye(50, 40), connection(1, 31_000, 'Kp')]),
    fault: /connection 1 came 9000 ms after the end of the one before \(goodbye\)/,
  },
  {
    name: 'the goodbye of another source whose pictures came at once is silence',
    connections: [goodbye(50, 0), connection(1, 31_000, 'Kp')],
    files: all([goodbye(50, 0), connection(1, 31_000, 'Kp')]),
  },
  {
    name: 'the timeline has a hole',
    connections: [],
    files: [],
    on: timeline({ gaps: [] }),
    fault: /the timeline ends at 50000 and not at 100000/,
  },
];

for (const { name, connections, files, on = timeline(), fault } of rows) {
  test(name, () => {
    const { faults } = judge('camera', connections, files, on);
    assert.equal(faults.length, fault ? 1 : 0, faults.join('\n'));
    if (fault) assert.match(faults[0]!, fault);
  });
}

test('a plan is the same for the same seed', () => {
  for (let seed = 0; seed < 100; seed++) {
    const options = {
      transport: seed % 2 === 0 ? ('tcp' as const) : ('udp' as const),
      quick: seed % 3 === 0,
    };
    assert.deepEqual(connectionPlan(seed, options), connectionPlan(seed, options));
  }
});
