import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uniform } from '../torture/fault_plan.ts';
import type { NotedCall } from './chaos_plan.ts';
import { powerCut, tornBytes } from './tear.ts';

let clock = 0;
const call = (kind: NotedCall['kind'], file: string, more: Partial<NotedCall> = {}): NotedCall => {
  clock += 10;
  return { beganNs: `${clock}`, endedNs: `${clock + 5}`, step: '', kind, file, ...more };
};

test('a name is durable when its folder was synced after it was made, and bytes when the file was after they were written', () => {
  const { files, unnamedFolders, mayReturn } = powerCut([
    call('folder', 'a'),
    call('create', 'a/1.mp4'),
    call('sync', 'a'),
    call('write', 'a/1.mp4', { offset: 0, bytes: 100 }),
    call('sync', 'a/1.mp4'),
    call('write', 'a/1.mp4', { offset: 100, bytes: 50 }),
    call('create', 'a/2.mp4'),
    call('unlink', 'a/0.mp4'),
  ]);
  assert.deepEqual(unnamedFolders, ['a']);
  assert.deepEqual(mayReturn, ['a/0.mp4']);
  const [first, second] = files;
  assert.deepEqual([first!.nameIsDurable, first!.durableBytes, first!.unsynced.length], [true, 100, 1]);
  assert.deepEqual([second!.nameIsDurable, second!.durableBytes], [false, 0]);
});

test('a sync covers nothing that was written while it went on', () => {
  const write = call('write', 'x', { offset: 0, bytes: 10 });
  const sync = { ...call('sync', 'x'), beganNs: write.beganNs };
  assert.equal(powerCut([call('create', 'x'), write, sync]).files[0]!.durableBytes, 0);
});

test('what is durable stays, what was overwritten is old or new, and the rest is anything', () => {
  const bytes = Buffer.alloc(20_000, 'n');
  const cut = {
    file: 'x',
    nameIsDurable: true,
    durableBytes: 10_000,
    unsynced: [
      { offset: 512, bytes: 1_024, before: Buffer.alloc(1_024, 'o') },
      { offset: 10_000, bytes: 10_000, before: Buffer.alloc(0) },
    ],
  };
  const ends = new Set<number>();
  for (let seed = 0; seed < 50; seed++) {
    const torn = tornBytes(bytes, cut, uniform(seed));
    assert.ok(torn.length >= 10_000 && torn.length <= 20_000);
    ends.add(torn.length);
    for (const sector of [torn.subarray(512, 1_024), torn.subarray(1_024, 1_536)]) {
      assert.ok(sector.every((byte) => byte === sector[0]) && 'on'.includes(String.fromCharCode(sector[0]!)));
    }
    assert.ok(torn.subarray(0, 512).every((byte) => byte === 0x6e));
    assert.ok(torn.subarray(1_536, 10_000).every((byte) => byte === 0x6e));
  }
  assert.ok(ends.size > 10);
});
