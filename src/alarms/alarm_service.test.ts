import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import type { ClockSynchronisation } from '../host/clock_synchronisation.ts';
import { pausedStatus } from '../recorder/status.ts';
import { unixMillis } from '../units/time.ts';
import { AlarmService, type WatchedCamera } from './alarm_service.ts';

function serviceOf(camera: () => WatchedCamera[], clockState: () => ClockSynchronisation = () => 'unknown') {
  const clock = new SimulatedClock();
  const lines: string[] = [];
  const told: string[][] = [];
  const service = new AlarmService({
    clock,
    log: { info: (_, text) => lines.push(text), warn: (_, text) => lines.push(text) },
    facts: () => ({
      cameras: camera(),
      roots: [],
      retentionOverdue: false,
      losses: { missing: 0, damaged: 0, newestAgeMs: undefined, newestPath: undefined },
      excesses: [],
    }),
    readClock: async () => clockState(),
  });
  service.changed.subscribe((alarms) => told.push(alarms.map(({ kind }) => kind)));
  return { clock, service, lines, told };
}

const base = pausedStatus({ cameraId: 'c', streamId: 's', role: 'main' }, unixMillis(0));

test('a camera that goes away and comes back is one alarm, told once, and over in the log', () => {
  let isAway = false;
  const { clock, service, lines, told } = serviceOf(() => {
    const status = isAway
      ? ({ ...base, state: 'backing_off', errorCode: 'camera_refused' } as const)
      : ({ ...base, state: 'recording' } as const);
    const stream = { id: 's', role: 'main', root: 'default', quietMs: isAway ? 60_000 : 0, status } as const;
    return [{ id: 'c', name: 'Yard', streams: [stream] }];
  });
  clock.advance(60_000);
  assert.deepEqual(service.alarms, []);
  isAway = true;
  clock.advance(60_000);
  assert.deepEqual(
    service.alarms.map(({ id }) => id),
    ['camera_offline:c'],
  );
  isAway = false;
  clock.advance(10_000);
  isAway = true;
  clock.advance(60_000);
  isAway = false;
  clock.advance(60_000);
  assert.deepEqual(told, [['camera_offline'], []]);
  assert.deepEqual(lines, [
    'Alarm: Yard is offline: The camera refused the connection. Check the port, and that RTSP is switched on in the camera.',
    'Over: Yard is offline: The camera refused the connection.',
  ]);
  service.stop();
  assert.equal(clock.pendingTimers, 0);
});

test('the clock of the machine is asked for every five minutes', async () => {
  let state: ClockSynchronisation = 'unsynchronised';
  const { clock, service } = serviceOf(
    () => [],
    () => state,
  );
  await clock.advanceAsync(590_000, 5_000);
  assert.deepEqual(service.alarms, []);
  await clock.advanceAsync(60_000, 5_000);
  assert.deepEqual(
    service.alarms.map(({ kind }) => kind),
    ['clock_not_synchronised'],
  );
  state = 'synchronised';
  await clock.advanceAsync(310_000, 5_000);
  assert.deepEqual(service.alarms, []);
  service.stop();
});

test('loss is measured of each stream, and forgotten with it', () => {
  let packets = 0;
  let exists = true;
  const { clock, service } = serviceOf(() => {
    packets += 1_000;
    const counters = { ...base.counters, packets, packetsLost: packets / 20 };
    const status = { ...base, state: 'recording', counters } as const;
    const stream = { id: 's', role: 'sub', root: 'default', quietMs: 0, status } as const;
    return exists ? [{ id: 'c', name: 'Yard', streams: [stream] }] : [];
  });
  clock.advance(60_000);
  const [alarm] = service.alarms;
  assert.equal(alarm?.text, 'Yard (sub) loses more than 1 % of its packets: pictures are damaged.');
  assert.deepEqual(
    [alarm?.cameraId, alarm?.streamId, alarm?.role, alarm?.severity],
    ['c', 's', 'sub', 'warning'],
  );
  exists = false;
  clock.advance(5_000);
  assert.deepEqual(service.alarms, []);
  service.stop();
});
