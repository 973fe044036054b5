import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testJob } from '../../test/fixtures/test_job.ts';
import { testRootId } from '../../test/fixtures/test_root.ts';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { h265Track } from '../media/h265_track.ts';
import { ChunkPool, SampleArena } from '../media/sample_arena.ts';
import { rtpTimestamp } from '../units/time.ts';
import { ActivityMeter } from './activity_meter.ts';
import { DiskState } from './disk_state.ts';
import { FileLedger } from './file_ledger.ts';
import { HostClock } from './host_clock.ts';
import type { LiveItem } from './live_item.ts';
import { Recording } from './recording.ts';
import { StorageRoot } from './storage_root.ts';

const hex = (text: string) => Buffer.from(text, 'hex');
const track = h265Track({
  timescale: 90_000,
  vps: hex('40010c01ffff01600000030090000003000003003c959409'),
  sps: hex('42010101600000030090000003000003003ca00a480b9c9596565924caf0168080000003008000000c84'),
  pps: [hex('4401c172b46240')],
});

/** First bytes of slices by their types (ISO/IEC 23008-2 table 7-1). */
const slices = { cra: '2a01af', rasl: '1201d0', radl: '0e01d0', trail: '0201d0' } as const;

/** Pictures in decode order with the number of their place in output; the picture numbers that went on. */
function taken(pictures: readonly (readonly [kind: keyof typeof slices, place: number])[]) {
  const clock = new SimulatedClock(Date.UTC(2026, 5, 1, 12));
  const pool = new ChunkPool();
  const arena = new SampleArena(pool);
  const live: LiveItem[] = [];
  const recording = new Recording({
    // Watched and not recorded, it goes the same way.
    job: { ...testJob, record: false },
    clock,
    hostClock: new HostClock(clock),
    ledger: new FileLedger(),
    root: new StorageRoot({ id: testRootId, folder: '/nowhere', clock, syncMs: 2_000 }),
    disk: new DiskState(),
    pool,
    activity: new ActivityMeter(),
    audioTrack: () => undefined,
    events: { onWritten() {}, onBreak() {}, onLive: (item) => live.push(item), onHole() {} },
    watched: true,
  });
  for (const [kind, place] of pictures) {
    const nalUnit = hex(slices[kind]);
    arena.appendU32(nalUnit.length);
    arena.append(nalUnit, 0, nalUnit.length);
    recording.take({
      kind: 'accessUnit',
      bytes: arena.finish(),
      rtpTimestamp: rtpTimestamp((place * 3_600) >>> 0),
      keyFrame: kind === 'cra',
      arrivalMs: clock.now(),
      track,
    });
    clock.advance(40);
  }
  const shown = live.flatMap((item) =>
    item.kind === 'frame' ? [Buffer.from(item.bytes).toString('hex').slice(-6)] : [],
  );
  const kindOf = (bytes: string) => Object.entries(slices).find(([, slice]) => slice === bytes)?.[0];
  return { shown: shown.map(kindOf), dropped: recording.samplesDropped };
}

test('pictures that lead the first key frame, and refer to what came before it, are left out', () => {
  const { shown, dropped } = taken([
    ['cra', 10],
    ['rasl', 8],
    ['rasl', 7],
    ['trail', 12],
    ['trail', 11],
  ]);
  assert.deepEqual(shown, ['cra', 'trail', 'trail']);
  assert.equal(dropped, 2);
});

test('the same pictures of a later key frame are kept, and so are those that can be decoded', () => {
  const { shown, dropped } = taken([
    ['cra', 10],
    ['radl', 9],
    ['trail', 12],
    ['cra', 15],
    ['rasl', 13],
    ['rasl', 14],
    ['trail', 16],
  ]);
  assert.deepEqual(shown, ['cra', 'radl', 'trail', 'cra', 'rasl', 'rasl', 'trail']);
  assert.equal(dropped, 0);
});
