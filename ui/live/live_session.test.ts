import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LiveMessage } from '../../src/api/contract/live.ts';
import type { LiveHandlers } from '../api/live_socket.ts';
import { LiveSession, type LiveWorld, type MediaSink } from './live_session.ts';

/** A player whose picture moves when the test says so. */
class NotedSink implements MediaSink {
  seconds = 0;
  offset: number | undefined = 0;
  hasPicture = false;
  playable = true;
  readonly calls: string[] = [];
  onFailure: (reason: string) => void = () => {};

  canPlay() {
    return this.playable;
  }
  begin(mimeType: string, _: Uint8Array, startSeconds: number) {
    this.calls.push(`begin ${mimeType} at ${startSeconds}`);
  }
  append() {
    this.calls.push('append');
  }
  steer() {}
  reset() {
    this.calls.push('reset');
  }
}

const epochMs = 1_795_356_000_000;
const init: LiveMessage = { kind: 'init', mimeType: 'video/mp4', width: 1, height: 1, hasAudio: false };
const playing: LiveMessage = { kind: 'state', state: 'playing', reason: 'The camera sends.' };

const u32 = (...numbers: number[]) => {
  const bytes = Buffer.alloc(numbers.length * 4);
  for (const [i, number] of numbers.entries()) bytes.writeUInt32BE(number, i * 4);
  return bytes;
};
const box = (type: string, ...parts: Buffer[]) => {
  const body = Buffer.concat(parts);
  return Buffer.concat([u32(body.length + 8), Buffer.from(type), body]);
};
/** One track of 1000 ticks a second. */
const initSegment = new Uint8Array(
  box('moov', box('trak', box('tkhd', u32(0, 0, 0, 1)), box('mdia', box('mdhd', u32(0, 0, 0, 1000))))),
);
const fragment = (mediaMs: number, wallMs: number) =>
  new Uint8Array(
    box(
      'prft',
      u32(0, 1, Math.floor(wallMs / 1000) + 2_208_988_800, ((wallMs % 1000) / 1000) * 2 ** 32, mediaMs),
    ),
  );

function watched(pictureMs?: number) {
  const sink = new NotedSink();
  const sockets: (LiveHandlers & { closed: boolean })[] = [];
  let now = 0;
  const world: LiveWorld = {
    sink,
    now: () => now,
    serverNow: () => epochMs + now,
    open(handlers) {
      const socket = { ...handlers, closed: false };
      sockets.push(socket);
      return {
        close() {
          socket.closed = true;
        },
      };
    },
  };
  const session = new LiveSession(world, pictureMs);
  const newest = () => sockets.at(-1)!;
  /** Lets time pass as a page does: four ticks a second, with what happens at each. */
  const pass = (ms: number, each: () => void = () => {}) => {
    for (const end = now + ms; now < end; ) {
      now += 250;
      each();
      session.tick();
    }
  };
  const play = () => {
    newest().onMessage({ kind: 'hello', nowMs: epochMs, streamId: 's', role: 'sub' });
    newest().onMessage(playing);
    newest().onMessage(init);
    newest().onMedia(initSegment);
    newest().onMedia(fragment(5000, epochMs + now));
    sink.hasPicture = true;
    sink.seconds += 5;
    pass(250);
  };
  const ping = () => newest().onMessage({ kind: 'ping' });
  session.start();
  return { session, sink, sockets, newest, pass, play, ping };
}

test('a run begins with its first picture, and plays', () => {
  const { session, sink, play } = watched();
  assert.equal(session.view.kind, 'connecting');
  play();
  assert.equal(session.view.kind, 'playing');
  assert.deepEqual(sink.calls, ['reset', 'begin video/mp4 at 5', 'append']);
});

test('the age is that of the picture that is seen, by the clock of the server', () => {
  const { session, sink, newest, pass, play } = watched();
  play();
  newest().onMedia(fragment(5040, epochMs + 40));
  pass(750, () => {
    sink.seconds = 5.04;
  });
  assert.equal(session.pictureMs, epochMs + 40);
  assert.equal(session.ageMs, 960);
});

test('a picture that stands still is said within three seconds, and a new connection is made', () => {
  const { session, sockets, pass, play, ping } = watched();
  play();
  pass(2_750, ping);
  assert.equal(session.view.kind, 'stalled');
  assert.equal(sockets.length, 1);
  pass(4_000, ping);
  assert.equal(sockets.length, 2);
  assert.equal(sockets[0]?.closed, true);
  assert.notEqual(session.ageMs, undefined);
  pass(4_000, ping);
  assert.equal(session.view.kind, 'stalled');
  play();
  assert.equal(session.view.kind, 'playing');
});

test('over a picture that stood there before, its age is told when no connection comes about', () => {
  const { session, pass } = watched(epochMs - 10_000);
  assert.equal(session.view.kind, 'connecting');
  pass(7_000);
  assert.equal(session.view.kind, 'stalled');
  assert.equal(session.ageMs, 17_000);
});

test('a connection that says nothing for three seconds is dead', () => {
  const { session, sink, sockets, pass, play } = watched();
  play();
  pass(3_000, () => {
    sink.seconds += 0.1;
  });
  assert.equal(session.view.kind, 'stalled');
  pass(750);
  assert.equal(sockets.length, 2);
});

test('attempts come ever more slowly, and quickly again once a picture came', () => {
  const { sockets, newest, pass, play } = watched();
  const fall = () => {
    const before = sockets.length;
    newest().onClose(1006, '');
    let waited = 0;
    while (sockets.length === before) {
      pass(250);
      waited += 250;
    }
    return waited;
  };
  const waits = [fall(), fall(), fall(), fall(), fall(), fall(), fall()];
  assert.ok(waits[0]! <= 750 && waits[6]! > 7_000 && waits[6]! <= 10_250, waits.join());
  play();
  assert.ok(fall() <= 750);
});

test('when the camera is away the reason is said, and the connection stays', () => {
  const { session, sockets, newest, pass, play, ping } = watched();
  play();
  newest().onMessage({ kind: 'state', state: 'waiting', reason: 'The camera does not answer.' });
  pass(30_000, ping);
  assert.deepEqual(session.view, { kind: 'waiting', reason: 'The camera does not answer.' });
  assert.equal(sockets.length, 1);
  newest().onMessage(playing);
  assert.equal(session.view.kind, 'connecting');
});

test('a codec that the browser cannot play ends the connection and is said', () => {
  const { session, sink, sockets, newest, pass } = watched();
  sink.playable = false;
  newest().onMessage({ ...init, mimeType: 'video/mp4; codecs="hvc1.1.6.L93.B0"' } as LiveMessage);
  pass(20_000);
  assert.deepEqual(session.view, { kind: 'unplayable', mimeType: 'video/mp4; codecs="hvc1.1.6.L93.B0"' });
  assert.equal(sockets.length, 1);
  assert.equal(sockets[0]?.closed, true);
});

test('a camera that is gone is not asked for again', () => {
  const { session, sockets, newest, pass } = watched();
  newest().onClose(4404, 'There is no camera "c".');
  pass(30_000);
  assert.deepEqual(session.view, { kind: 'refused', reason: 'There is no camera "c".' });
  assert.equal(sockets.length, 1);
});

test('a player that breaks is made anew, and after three times it is said', () => {
  const { session, sink, sockets, pass, play } = watched();
  for (let failures = 1; failures <= 3; failures++) {
    play();
    sink.onFailure('decode');
    assert.equal(session.view.kind, failures < 3 ? 'stalled' : 'undecodable');
    pass(12_000, () => sockets.at(-1)?.onMessage({ kind: 'ping' }));
  }
  assert.ok(sockets.length >= 4);
});

test('a session that was stopped does nothing more', () => {
  const { session, sockets, pass, play } = watched();
  play();
  session.stop();
  pass(20_000);
  assert.equal(sockets.length, 1);
  assert.equal(sockets[0]?.closed, true);
  session.start();
  assert.equal(sockets.length, 2);
});
