import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pausedStatus, type StreamStatus } from '../recorder/status.ts';
import { unixMillis } from '../units/time.ts';
import type { Finding } from './alarm_list.ts';
import { type Facts, findingsOf, type RootFacts, type StreamFacts } from './findings.ts';
import { LossWindow } from './loss_window.ts';

const base = pausedStatus({ cameraId: 'c', streamId: 's', role: 'main' }, unixMillis(0));
const GiB = 2 ** 30;

function stream(status: Partial<StreamStatus> = {}, facts: Partial<StreamFacts> = {}): StreamFacts {
  const state = { ...base, state: 'recording', ...status } as const;
  return { id: 's', role: 'main', root: 'default', quietMs: 500, loss: 0, ...facts, status: state };
}

const root = (facts: Partial<RootFacts> = {}): RootFacts => ({
  name: 'default',
  usable: true,
  isFull: false,
  totalBytes: 1_000 * GiB,
  freeBytes: 500 * GiB,
  minFreeBytes: 5 * GiB,
  missingBytes: 0,
  ...facts,
});

const noLosses = { missing: 0, damaged: 0, newestAgeMs: undefined, newestPath: undefined };

const lostBefore = (newestAgeMs: number) => ({ missing: 1, damaged: 0, newestAgeMs, newestPath: 'a/1.mp4' });

function facts(streams: StreamFacts[], more: Partial<Facts> = {}): Facts {
  const cameras = [{ id: 'c', name: 'Yard', streams }];
  return {
    cameras,
    roots: [root()],
    retentionOverdue: false,
    losses: noLosses,
    excesses: [],
    clock: 'synchronised',
    ...more,
  };
}

const offline = (more: Partial<StreamStatus> = {}) =>
  stream({ state: 'backing_off', errorCode: 'camera_unreachable', ...more }, { quietMs: 60_000 });

const unaddressed = () =>
  stream({ state: 'needs-address', errorCode: 'camera_address_missing' }, { quietMs: undefined });

const rows: [what: string, facts: Facts, bad: string[], between?: string[]][] = [
  ['all is well', facts([stream()]), []],
  ['a camera whose address is not known', facts([unaddressed()]), ['camera_offline']],
  [
    'a camera one of whose addresses is not known',
    facts([unaddressed(), { ...stream(), id: 't', role: 'sub' }]),
    ['not_committing'],
  ],
  ['a camera that cannot be reached', facts([offline()]), ['camera_offline'], ['not_committing']],
  [
    'a camera whose streams both fail',
    facts([offline(), { ...offline(), id: 't', role: 'sub' }]),
    ['camera_offline'],
    ['not_committing', 'not_committing'],
  ],
  [
    'a camera one of whose streams fails',
    facts([{ ...offline(), id: 't', role: 'sub' }, stream()]),
    ['not_committing'],
  ],
  [
    'a recorder that believes that it records',
    facts([stream({}, { quietMs: 30_000 })]),
    ['not_committing'],
    ['camera_offline'],
  ],
  ['a pause', facts([stream({}, { quietMs: 20_000 })]), [], ['camera_offline', 'not_committing']],
  [
    'a disk that refuses footage',
    facts([stream({ state: 'backing_off', errorCode: 'disk_full' }, { quietMs: 30_000 })]),
    ['not_committing'],
    ['camera_offline'],
  ],
  ['a stream that was not begun yet', facts([{ ...stream(), quietMs: undefined, status: undefined }]), []],
  ['2 % of loss', facts([stream({}, { loss: 0.02 })]), ['loss_high']],
  ['0.7 % of loss', facts([stream({}, { loss: 0.007 })]), [], ['loss_high']],
  ['a write of six seconds', facts([stream({ slowestWriteMs: 6_000 })]), ['write_slow']],
  ['a write of three seconds', facts([stream({ slowestWriteMs: 3_000 })]), [], ['write_slow']],
  ['a slow disk of another root', facts([stream({ slowestWriteMs: 6_000 }, { root: 'b' })]), []],
  [
    'a missing root',
    facts([], { roots: [root({ usable: false, reason: 'Gone.', freeBytes: undefined })] }),
    ['storage_missing'],
  ],
  [
    'a full root',
    facts([], { roots: [root({ usable: false, isFull: true, reason: 'Full.', freeBytes: 1_000 })] }),
    ['disk_low'],
  ],
  [
    'a full root that does not tell its size',
    facts([], {
      roots: [root({ usable: false, isFull: true, freeBytes: undefined, totalBytes: undefined })],
    }),
    ['disk_low'],
  ],
  ['half of what is to be free', facts([], { roots: [root({ freeBytes: 2.4 * GiB })] }), ['disk_low']],
  ['a little more than half of it', facts([], { roots: [root({ freeBytes: 3 * GiB })] }), [], ['disk_low']],
  ['what retention keeps free', facts([], { roots: [root({ freeBytes: 5 * GiB })] }), []],
  [
    'what retention cannot free',
    facts([], { roots: [root({ freeBytes: 4 * GiB, missingBytes: GiB })] }),
    ['disk_low'],
  ],
  [
    'nothing to be kept free',
    facts([], { roots: [root({ freeBytes: 0.2 * GiB, minFreeBytes: 0 })] }),
    ['disk_low'],
  ],
  [
    'a small disk with room',
    facts([], { roots: [root({ freeBytes: 0.1 * GiB, totalBytes: GiB, minFreeBytes: 0 })] }),
    [],
  ],
  [
    'cameras that have more than allowed, since it is protected',
    facts([], { excesses: [{ bytes: 1 }, { cameraId: 'c', bytes: 2 }] }),
    ['retention_short', 'retention_short'],
  ],
  ['a recorded file that is gone', facts([], { losses: lostBefore(1_000) }), ['footage_missing']],
  ['a file that was lost a week ago', facts([], { losses: lostBefore(7 * 24 * 3_600_000) }), []],
  ['retention that is overdue', facts([], { retentionOverdue: true }), ['retention_overdue']],
  ['a clock on its own', facts([], { clock: 'unsynchronised' }), ['clock_not_synchronised']],
  ['a clock of which nothing is known', facts([], { clock: 'unknown' }), []],
];

const kindsOf = (findings: Finding[], level: Finding['level']) =>
  findings.filter((finding) => finding.level === level).map(({ kind }) => kind);

for (const [what, given, bad, between = []] of rows) {
  test(`alarms are found of ${what}`, () => {
    const findings = findingsOf(given);
    assert.deepEqual(kindsOf(findings, 'bad'), bad);
    assert.deepEqual(kindsOf(findings, 'between'), between);
    for (const { level, text, advice } of findings.filter((finding) => finding.level === 'bad')) {
      assert.match(text, /^[A-Z].*\.$/, level);
      assert.match(advice, /^[A-Z].*\.$/);
    }
  });
}

test('an offline camera is so since its newest footage, for the reason that its recorder met', () => {
  const [finding] = findingsOf(facts([offline({ lastFootageMs: unixMillis(77) })]));
  assert.equal(finding?.sinceMs, 77);
  assert.equal(finding?.text, 'Yard is offline: The camera did not answer on the network.');
  const [refused] = findingsOf(facts([offline({ errorCode: 'camera_authentication' })]));
  assert.match(refused!.text, /^Yard cannot be recorded: /);
  const [lost] = findingsOf(facts([unaddressed()]));
  assert.equal(lost?.text, 'Yard cannot be recorded: The address of the camera is not known.');
  assert.match(lost.advice, /^Enter the URL/);
});

test('what to do about loss depends on how the media travel', () => {
  for (const [transport, words] of [
    ['tcp', /load of the camera/],
    ['udp', /choose the transport tcp/],
  ] as const) {
    const findings = findingsOf(facts([stream({ transport }, { loss: 0.1 })]));
    assert.match(findings.find(({ kind }) => kind === 'loss_high')!.advice, words);
  }
});

test('loss is that of the last minute, and of nothing while too little came', () => {
  const window = new LossWindow();
  assert.equal(window.share, undefined);
  const note = (seconds: number, packets: number, lost: number) => {
    window.note(seconds * 1_000, packets, lost);
    return window.share;
  };
  assert.equal(note(0, 1_000, 900), undefined, 'what was lost before is not of now');
  assert.equal(note(5, 1_400, 900), undefined);
  assert.equal(note(10, 1_990, 910), 0.01);
  for (let seconds = 15; seconds <= 75; seconds += 5) note(seconds, 2_000 + seconds * 100, 910);
  assert.equal(window.share, 0);
  assert.equal(note(80, 10, 0), undefined, 'the stream was begun anew');
});

for (const [missing, damaged, words] of [
  [0, 1, '1 damaged file'],
  [2, 0, '2 missing files'],
  [1, 3, '1 missing file, 3 damaged files'],
] as const) {
  test(`the alarm of lost footage names ${words} and no kind of which there is none`, () => {
    const findings = findingsOf(facts([], { losses: { ...lostBefore(1_000), missing, damaged } }));
    const { text } = findings.find(({ kind }) => kind === 'footage_missing')!;
    assert.equal(text, `Recorded footage is lost: ${words}, the newest to be found a/1.mp4.`);
  });
}
