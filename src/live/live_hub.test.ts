import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { liveFrame, liveInit } from '../../test/fixtures/live_items.ts';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { pausedStatus, type StreamStatus } from '../recorder/status.ts';
import { unixMillis } from '../units/time.ts';
import { maxBacklogBytes } from './client_feed.ts';
import { LiveHub, maxWatchers } from './live_hub.ts';
import type { LiveSocket } from './watched_stream.ts';

const streamId = 'yard';
const role = 'main';

class NotedSocket implements LiveSocket {
  backlogBytes = 0;
  readonly got: string[] = [];
  closed: string | undefined;

  sendText(text: string): void {
    const { kind, state, reason, frames } = JSON.parse(text);
    if (kind === 'state') this.got.push(`${state}: ${reason}`);
    else this.got.push(kind === 'dropped' ? `dropped ${frames}` : kind);
  }

  sendBytes(bytes: Uint8Array): void {
    this.got.push(bytes.length === 1 ? 'header' : `frame ${bytes[0]}`);
  }

  close(code: number, reason: string): void {
    this.closed = `${code} ${reason}`;
  }
}

function status(changes: Partial<StreamStatus>): StreamStatus {
  return { ...pausedStatus({ cameraId: 'c', streamId, role }, unixMillis(0)), ...changes };
}

function hubOf(context: TestContext) {
  const clock = new SimulatedClock(Date.UTC(2026, 5, 1, 12));
  const asked: string[] = [];
  let known: StreamStatus | undefined;
  const hub = new LiveHub({
    clock,
    source: {
      watch: (id) => asked.push(`watch ${id}`),
      unwatch: (id) => asked.push(`unwatch ${id}`),
      liveStatus: () => known,
    },
  });
  context.after(() => hub.stop());
  const join = () => {
    const socket = new NotedSocket();
    return { socket, leave: hub.join({ streamId, role }, socket) };
  };
  const setKnown = (changes: Partial<StreamStatus>) => {
    known = status(changes);
  };
  const frames = (...items: Parameters<LiveHub['live']>[1]) => hub.live(streamId, items);
  return { clock, hub, asked, join, setKnown, frames };
}

const key = liveFrame({ key: true, number: 1 });
const next = liveFrame({ number: 2 });
const waiting = 'waiting: Waiting for a picture.';
const playing = 'playing: The camera sends.';

test('the first watcher asks for frames, the others get what was kept of them', (context) => {
  const { join, frames, asked } = hubOf(context);
  const first = join();
  frames(liveInit(), key, next);
  const second = join();
  frames(next);
  assert.deepEqual(asked, ['watch yard']);
  const pictures = ['init', 'header', 'frame 1', 'frame 2', 'frame 2'];
  assert.deepEqual(first.socket.got, ['hello', waiting, playing, ...pictures]);
  assert.deepEqual(second.socket.got, ['hello', playing, ...pictures]);
});

test('frames end ten seconds after the last watcher, and whoever comes before that has a picture at once', (context) => {
  const { join, frames, asked, clock } = hubOf(context);
  const { leave } = join();
  frames(liveInit(), key);
  leave();
  clock.advance(9_000);
  frames(key, next);
  const { socket, leave: leaveAgain } = join();
  assert.deepEqual(socket.got, ['hello', playing, 'init', 'header', 'frame 1', 'frame 2']);
  clock.advance(20_000);
  assert.deepEqual(asked, ['watch yard']);
  leaveAgain();
  clock.advance(10_000);
  assert.deepEqual(asked, ['watch yard', 'unwatch yard']);
  assert.deepEqual(join().socket.got, ['hello', waiting], 'nothing old is shown later');
});

test('a watcher beyond the most that may watch is refused with words', (context) => {
  const { join, hub } = hubOf(context);
  const all = Array.from({ length: maxWatchers }, join);
  const { socket } = join();
  assert.equal(socket.closed, '4429 Already 64 connections watch; close one of them.');
  assert.deepEqual(socket.got, []);
  all[0]!.leave();
  assert.equal(join().socket.closed, undefined);
  assert.equal(hub.watchers, maxWatchers);
});

test('a ping is sent in every second in which nothing else is', (context) => {
  const { join, frames, clock } = hubOf(context);
  const { socket } = join();
  clock.advance(3_000);
  assert.deepEqual(socket.got, ['hello', waiting, 'ping', 'ping']);
  frames(liveInit(), key);
  clock.advance(1_000);
  assert.equal(socket.got.filter((message) => message === 'ping').length, 2);
  clock.advance(1_000);
  assert.equal(socket.got.at(-1), 'ping');
});

test('a watcher is told why there is no picture, with the words of the status', (context) => {
  const { join, setKnown, hub } = hubOf(context);
  setKnown({ state: 'backing_off', stateReason: 'The camera refuses.', errorCode: 'camera_refused' });
  const { socket } = join();
  assert.deepEqual(socket.got, ['hello', 'waiting: The camera refuses.']);
  hub.status(status({ state: 'connecting', stateReason: 'Connecting to the camera.' }));
  hub.status(status({ state: 'connecting', stateReason: 'Connecting to the camera.' }));
  hub.status(status({ state: 'recording', stateReason: 'Recording.' }));
  assert.deepEqual(socket.got.slice(2), ['waiting: Connecting to the camera.'], 'pictures say that it plays');
});

test('after the camera went away nobody is given its last pictures', (context) => {
  const { join, frames, hub } = hubOf(context);
  join();
  frames(liveInit(), key);
  hub.status(status({ state: 'backing_off', stateReason: 'It is gone.' }));
  assert.deepEqual(join().socket.got, ['hello', 'waiting: It is gone.']);
});

test('a camera that falls silent is waited for, and plays again by itself', (context) => {
  const { join, frames, clock } = hubOf(context);
  const { socket } = join();
  frames(liveInit(), key);
  clock.advance(6_000);
  const states = () => socket.got.filter((message) => /^(playing|waiting)/.test(message));
  assert.deepEqual(states(), [waiting, playing, 'waiting: The camera has sent no picture for 6 s.']);
  frames(next);
  assert.equal(states().at(-1), playing);
});

test('a slow watcher holds nobody up, and is given up when it takes nothing for half a minute', (context) => {
  const { join, frames, clock, hub } = hubOf(context);
  const slow = join().socket;
  const fast = join().socket;
  frames(liveInit(), key);
  slow.backlogBytes = maxBacklogBytes + 1;
  frames(next, key, next);
  assert.deepEqual(fast.got.slice(-3), ['frame 2', 'frame 1', 'frame 2']);
  assert.equal(slow.got.at(-1), 'frame 1');
  clock.advance(31_000);
  assert.equal(slow.closed, '4408 Nothing was taken for 30 s.');
  assert.equal(fast.closed, undefined);
  assert.equal(hub.watchers, 1);
});

test('who watches a stream that is removed is sent away, and the frames end', (context) => {
  const { join, hub, asked } = hubOf(context);
  const { socket, leave } = join();
  hub.gone(streamId);
  hub.gone(streamId);
  leave();
  assert.equal(socket.closed, '4404 The camera was removed.');
  assert.deepEqual(asked, ['watch yard', 'unwatch yard']);
});

test('when the server stops all are sent away, and nobody is taken on', (context) => {
  const { join, hub, asked } = hubOf(context);
  const { socket } = join();
  hub.stop();
  assert.equal(socket.closed, '1001 The server stops.');
  assert.equal(join().socket.closed, '1001 The server stops.');
  assert.deepEqual(asked, ['watch yard', 'unwatch yard']);
});
