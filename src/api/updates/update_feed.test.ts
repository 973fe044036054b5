import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../../clock/simulated_clock.ts';
import type { Camera } from '../../index/cameras.ts';
import { unixMillis } from '../../units/time.ts';
import type { StorageAnswer } from '../contract/status.ts';
import { type UpdateClient, UpdateFeed } from './update_feed.ts';

const camera: Camera = {
  id: 'garage',
  name: 'Garage',
  password: 'hunter2',
  createdMs: unixMillis(5),
  streams: [
    { id: 'garage-main', role: 'main', url: 'rtsp://cam/main', transport: 'auto', record: true },
    { id: 'garage-sub', role: 'sub', url: 'rtsp://cam/sub', transport: 'auto', record: true },
  ],
};

const rates = { bitsPerSecond: 4e6, framesPerSecond: 25 };

/** A client that notes what it gets: names of events, and their data. */
class NotedClient implements UpdateClient {
  readonly names: string[] = [];
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever comes.
  readonly data: any[] = [];
  keepAlives = 0;
  isFull = false;
  closed = 0;

  send(text: string): boolean {
    if (this.isFull) return false;
    if (text === ': alive\n\n') this.keepAlives++;
    for (const [, name = '', data = ''] of text.matchAll(/^event: (.*)\ndata: (.*)\n\n/gm)) {
      this.names.push(name);
      this.data.push(JSON.parse(data));
    }
    return true;
  }

  close(): void {
    this.closed++;
  }
}

function startFeed() {
  const clock = new SimulatedClock(1_000_000);
  const cameras = new Map([[camera.id, camera]]);
  let asked = 0;
  let storage: StorageAnswer = {
    folder: '/f',
    usable: true,
    totalBytes: 1e9,
    freeBytes: 5e8,
    minFreeBytes: 0,
    roots: [],
  };
  const feed = new UpdateFeed({
    clock,
    version: '1.2.3',
    cameras: {
      list: () => [...cameras.values()],
      get: (id) => {
        asked++;
        return cameras.get(id);
      },
    },
    streamStatus: () => undefined,
    storage: () => storage,
  });
  const connect = (client = new NotedClient()) => ({ client, end: feed.connect(client) });
  const grow = (streamId: string, endMs: number) =>
    feed.footageGrew({ cameraId: 'garage', streamId, role: 'main', endMs: unixMillis(endMs), ...rates });
  return {
    feed,
    clock,
    cameras,
    connect,
    grow,
    asked: () => asked,
    setStorage: (changes: Partial<StorageAnswer>) => {
      storage = { ...storage, ...changes };
      feed.storageChecked();
    },
  };
}

test('the first event is hello, with the time of the server', () => {
  const { connect } = startFeed();
  const { client } = connect();
  assert.deepEqual(client.names, ['hello']);
  assert.deepEqual(client.data, [{ nowMs: 1_000_000, version: '1.2.3' }]);
});

test('everybody is told the same in the same order', () => {
  const { feed, cameras, connect, grow, setStorage } = startFeed();
  const [one, two] = [connect().client, connect().client];
  feed.cameraChanged('garage');
  grow('garage-main', 2_000.4);
  setStorage({ usable: false, reason: 'It is gone.' });
  feed.footageDeleted([{ streamId: 'garage-sub', startMs: 1, endMs: 2 }]);
  cameras.clear();
  feed.cameraChanged('garage');
  const [, shown, ...others] = one.data;
  assert.deepEqual(one.names, ['hello', 'camera', 'footage', 'storage', 'footage_deleted', 'camera_removed']);
  assert.equal(shown.streams[0].state, 'connecting');
  assert.doesNotMatch(JSON.stringify(shown), /hunter2/);
  assert.deepEqual(others, [
    { cameraId: 'garage', streamId: 'garage-main', role: 'main', endMs: 2_000, ...rates },
    {
      folder: '/f',
      usable: false,
      totalBytes: 1e9,
      freeBytes: 5e8,
      minFreeBytes: 0,
      roots: [],
      reason: 'It is gone.',
    },
    { cameraId: 'garage', streamId: 'garage-sub', role: 'sub', fromMs: 1, toMs: 2 },
    { id: 'garage' },
  ]);
  assert.deepEqual(two, one);
});

test('growing footage is told once a second for each stream', () => {
  const { clock, connect, grow } = startFeed();
  const { client } = connect();
  for (let at = 40; at <= 2_000; at += 40) {
    clock.advance(40);
    grow('garage-main', at);
    grow('garage-sub', at);
  }
  clock.advance(1_000);
  const ends = (id: string) =>
    client.data.filter(({ streamId }) => streamId === id).map(({ endMs }) => endMs);
  assert.deepEqual(ends('garage-main'), [40, 1_000, 2_000]);
  assert.deepEqual(ends('garage-sub'), [40, 1_000, 2_000]);
});

test('footage that was deleted of a camera that was removed is not told', () => {
  const { feed, connect } = startFeed();
  const { client } = connect();
  feed.footageDeleted([{ streamId: 'barn-main', startMs: 1, endMs: 2 }]);
  assert.deepEqual(client.names, ['hello']);
});

test('the storage is told when somebody would see the difference to what was told last', () => {
  const { connect, setStorage } = startFeed();
  const { client } = connect();
  for (const freeBytes of [4.99e8, 4.98e8, 4.97e8, 4.96e8, 4.95e8, 4.94e8]) setStorage({ freeBytes });
  assert.deepEqual(
    client.data.slice(1).map(({ freeBytes }) => freeBytes),
    [4.95e8],
  );
});

test('a comment every 15 s keeps the connection alive', () => {
  const { clock, connect } = startFeed();
  const { client } = connect();
  clock.advance(14_999);
  assert.equal(client.keepAlives, 0);
  clock.advance(30_001);
  assert.equal(client.keepAlives, 3);
  assert.deepEqual(client.names, ['hello']);
});

test('a client that is too slow is closed and told nothing more; the others notice nothing', () => {
  const { feed, connect } = startFeed();
  const [slow, good] = [connect().client, connect().client];
  slow.isFull = true;
  feed.cameraChanged('garage');
  slow.isFull = false;
  feed.cameraChanged('garage');
  assert.equal(slow.closed, 1);
  assert.deepEqual(slow.names, ['hello']);
  assert.deepEqual(good.names, ['hello', 'camera', 'camera']);
  assert.equal(feed.clients, 1);
});

test('there are 64 clients at most, and a place is free again when one goes', () => {
  const { feed, connect } = startFeed();
  const connections = Array.from({ length: 64 }, () => connect());
  assert.throws(() => connect(), { code: 'too_busy' });
  connections[7]!.end();
  connections[7]!.end();
  connect();
  assert.throws(() => connect(), { code: 'too_busy' });
  assert.equal(feed.clients, 64);
});

test('without clients nothing is looked up, kept or waited for', () => {
  const { feed, clock, connect, grow, asked, setStorage } = startFeed();
  const { client, end } = connect();
  grow('garage-main', 1);
  grow('garage-main', 2);
  end();
  assert.equal(clock.pendingTimers, 0);
  feed.cameraChanged('garage');
  grow('garage-main', 3);
  setStorage({ usable: false });
  feed.footageDeleted([{ streamId: 'garage-main', startMs: 1, endMs: 2 }]);
  assert.equal(asked(), 0);
  assert.equal(clock.pendingTimers, 0);
  assert.deepEqual(client.names, ['hello', 'footage']);
});

test('the end closes everybody and lets nobody in', () => {
  const { feed, clock, connect } = startFeed();
  const clients = [connect().client, connect().client];
  feed.stop();
  assert.deepEqual(
    clients.map(({ closed }) => closed),
    [1, 1],
  );
  assert.equal(clock.pendingTimers, 0);
  assert.throws(() => connect(), { code: 'stopping' });
});

test('damage is told at once, and then what came in five seconds as one', () => {
  const { feed, clock, connect } = startFeed();
  const stream = { cameraId: 'garage', streamId: 'garage-main', role: 'main' as const };
  feed.footageDamaged({ ...stream, fromMs: 1, toMs: 2 });
  const { client } = connect();
  for (let second = 0; second < 8; second++) {
    feed.footageDamaged({ ...stream, fromMs: second * 1_000 + 0.5, toMs: second * 1_000 + 500.5 });
    clock.advance(1_000);
  }
  clock.advance(10_000);
  assert.deepEqual(client.names, ['hello', 'footage_damaged', 'footage_damaged', 'footage_damaged']);
  assert.deepEqual(client.data.slice(1), [
    { ...stream, fromMs: 0, toMs: 501 },
    { ...stream, fromMs: 1_000, toMs: 4_501 },
    { ...stream, fromMs: 5_000, toMs: 7_501 },
  ]);
});

test('events of a camera are told at once, and then what came in a second as one', () => {
  const { feed, clock, connect } = startFeed();
  feed.eventsChanged({ cameraId: 'garage', fromMs: 1, toMs: 2 });
  const { client } = connect();
  feed.eventsChanged({ cameraId: 'garage', fromMs: 100, toMs: 100 });
  feed.eventsChanged({ cameraId: 'garage', fromMs: 300, toMs: 400 });
  feed.eventsChanged({ cameraId: 'yard', fromMs: 7, toMs: 8 });
  feed.eventsChanged({ cameraId: 'garage', fromMs: 200, toMs: 350 });
  clock.advance(10_000);
  assert.deepEqual(client.names, ['hello', 'camera_events', 'camera_events', 'camera_events']);
  assert.deepEqual(client.data.slice(1), [
    { cameraId: 'garage', fromMs: 100, toMs: 100 },
    { cameraId: 'yard', fromMs: 7, toMs: 8 },
    { cameraId: 'garage', fromMs: 200, toMs: 400 },
  ]);
});

test('alarms are told as a whole list, and cost nothing while nobody listens', () => {
  const { feed } = startFeed();
  const alarm = {
    id: 'retention_overdue',
    kind: 'retention_overdue',
    severity: 'critical',
    sinceMs: unixMillis(7),
    text: 'Old footage has not been deleted for five minutes.',
    advice: 'See the log.',
  } as const;
  feed.alarmsChanged([alarm]);
  const client = new NotedClient();
  feed.connect(client);
  feed.alarmsChanged([alarm]);
  feed.alarmsChanged([]);
  assert.deepEqual(client.names, ['hello', 'alarms', 'alarms']);
  assert.deepEqual(client.data.slice(1), [{ alarms: [alarm] }, { alarms: [] }]);
});
