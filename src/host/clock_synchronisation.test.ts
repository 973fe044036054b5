import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { type ClockSynchronisation, readClockSynchronisation } from './clock_synchronisation.ts';

const startMs = Date.UTC(2026, 0, 1);
const hourMs = 3_600_000;
const folder = '/run/systemd/timesync';
const file = `${folder}/synchronized`;
const tracking = (leap: string) =>
  `C0000201,192.0.2.1,3,1767225600.1,0.1,0.1,0.1,-9.9,0.0,0.1,0.01,0.001,64.2,${leap}\n`;

interface Machine {
  programs?: Record<string, string>;
  files?: Record<string, number>;
}

const rows: [what: string, machine: Machine, expected: ClockSynchronisation][] = [
  ['a machine that says nothing', {}, 'unknown'],
  [
    'systemd-timesyncd that has set the clock',
    { files: { [folder]: 0, [file]: startMs - hourMs } },
    'synchronised',
  ],
  ['systemd-timesyncd that never did', { files: { [folder]: startMs } }, 'unsynchronised'],
  ['systemd-timesyncd that lost its server', { files: { [file]: startMs - 3 * hourMs } }, 'unsynchronised'],
  ['a kernel that was told', { programs: { timedatectl: 'yes\n' } }, 'synchronised'],
  ['a kernel that was not', { programs: { timedatectl: 'no\n' } }, 'unsynchronised'],
  [
    'a kernel that chronyd does not tell',
    { programs: { timedatectl: 'no\n', chronyc: tracking('Normal') } },
    'synchronised',
  ],
  ['chronyd without a server', { programs: { chronyc: tracking('Not synchronised') } }, 'unsynchronised'],
  ['a leap second to come', { programs: { chronyc: tracking('Insert second') } }, 'synchronised'],
  ['a program that speaks of something else', { programs: { timedatectl: '\n', chronyc: '' } }, 'unknown'],
];

for (const [what, { programs = {}, files = {} }, expected] of rows) {
  test(`the clock is ${expected} by ${what}`, async () => {
    const found = await readClockSynchronisation(new SimulatedClock(startMs), {
      run: async (program) => programs[program],
      changedMs: async (path) => files[path],
    });
    assert.equal(found, expected);
  });
}

test('this machine gives one of the three answers', async () => {
  const found = await readClockSynchronisation(new SimulatedClock(startMs));
  assert.ok(['synchronised', 'unsynchronised', 'unknown'].includes(found));
});
