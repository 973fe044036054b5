import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppendQueue, type Buffer } from './append_queue.ts';

/** Notes what it is told; busy after each step until the test says otherwise. */
class NotedBuffer implements Buffer {
  updating = false;
  timestampOffset = 0;
  held: { start: number; end: number }[] = [];
  readonly calls: string[] = [];
  full = false;

  ranges() {
    return this.held;
  }
  append(bytes: Uint8Array) {
    if (this.full) throw Object.assign(new Error('full'), { name: 'QuotaExceededError' });
    this.calls.push(`append ${Buffer.from(bytes).toString('latin1')} at ${this.timestampOffset}`);
    this.updating = true;
  }
  remove(start: number, end: number) {
    this.calls.push(`remove ${start}-${end}`);
    this.full = false;
    this.updating = true;
  }
  changeType(mimeType: string) {
    this.calls.push(`type ${mimeType}`);
  }
}

const text = (letters: string) => new Uint8Array(Buffer.from(letters, 'latin1'));

function fed() {
  const buffer = new NotedBuffer();
  const queue = new AppendQueue(buffer);
  const settle = (seconds = 0) => {
    buffer.updating = false;
    queue.pump(seconds);
  };
  return { buffer, queue, settle };
}

test('media are appended one step at a time, and joined when several wait', () => {
  const { buffer, queue, settle } = fed();
  queue.begin(text('I'), 5);
  queue.push(text('a'));
  queue.pump(0);
  queue.push(text('b'));
  queue.pump(0);
  settle();
  assert.deepEqual(buffer.calls, ['append I at -5', 'append ab at -5']);
});

test('a new run follows the last picture, whatever its own times are', () => {
  const { buffer, queue, settle } = fed();
  queue.begin(text('I'), 0);
  queue.push(text('a'));
  queue.pump(0);
  settle();
  buffer.held = [{ start: 0, end: 8 }];
  queue.begin(text('J'), 1000, 'video/mp4; codecs="hvc1"');
  assert.equal(queue.offset, undefined);
  queue.push(text('b'));
  settle();
  assert.equal(queue.offset, -992);
  settle();
  assert.deepEqual(buffer.calls.slice(2), [
    'type video/mp4; codecs="hvc1"',
    'append J at -992',
    'append b at -992',
  ]);
});

test('what was shown goes before it is much', () => {
  const { buffer, queue, settle } = fed();
  buffer.held = [{ start: 0, end: 20 }];
  settle(15.9);
  assert.deepEqual(buffer.calls, []);
  queue.push(text('a'));
  settle(16.5);
  buffer.held = [{ start: 12.5, end: 20 }];
  settle(16.5);
  assert.deepEqual(buffer.calls, ['remove 0-12.5', 'append a at 0']);
});

test('a full buffer gives up what was shown, and takes the media then', () => {
  const { buffer, queue, settle } = fed();
  buffer.held = [{ start: 2, end: 12 }];
  buffer.full = true;
  queue.push(text('a'));
  settle(9);
  settle(9);
  assert.deepEqual(buffer.calls, ['remove 2-8.5', 'append a at 0']);
});

test('a buffer that stays full breaks the player instead of looping', () => {
  const { buffer, queue } = fed();
  buffer.full = true;
  queue.push(text('a'));
  assert.throws(() => queue.pump(0), { name: 'QuotaExceededError' });
});

test('more than a decoder can ever catch up with is refused', () => {
  const { queue } = fed();
  const megabyte = new Uint8Array(1024 * 1024);
  for (let i = 0; i < 16; i++) assert.equal(queue.push(megabyte), true);
  assert.equal(queue.push(megabyte), false);
});
