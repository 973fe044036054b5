import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { Camera } from '../index/cameras.ts';
import type { Search } from '../onvif/device_search.ts';
import { unixMillis } from '../units/time.ts';
import { DiscoveryService, maxDiscoveries } from './discovery_service.ts';

/** A search that finds what the test says, when it says so. */
class ToldSearch implements Search {
  state: Search['state'] = { searched: [], devices: [], ignored: 0, problems: [] };
  readonly done: Promise<void>;
  end: () => void = () => {};

  constructor(signal: AbortSignal) {
    this.done = new Promise((resolve) => {
      this.end = resolve;
      signal.addEventListener('abort', () => resolve());
    });
  }

  find(...addresses: string[]): void {
    const devices = addresses.map((address) => ({ id: `urn:${address}`, address, name: 'cam' }));
    this.state = { ...this.state, devices };
  }
}

function startService(cameras: Camera[] = []) {
  const searches: ToldSearch[] = [];
  const begin = (signal: AbortSignal) => {
    const search = new ToldSearch(signal);
    searches.push(search);
    return search;
  };
  let ids = 0;
  const service = new DiscoveryService({
    searches: { network: begin, address: (_, signal) => begin(signal) },
    cameras: { list: () => cameras },
    clock: new SimulatedClock(),
    newId: () => `d${++ids}`,
  });
  return { service, searches };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('a discovery is searching, shows what it finds meanwhile, and is done', async () => {
  const { service, searches } = startService();
  const { id, state } = service.start();
  assert.equal(state, 'searching');
  searches[0]!.find('10.0.0.5');
  assert.deepEqual(service.get(id).devices, [{ id: 'urn:10.0.0.5', address: '10.0.0.5', name: 'cam' }]);
  assert.equal(service.get(id).state, 'searching');
  searches[0]!.end();
  await settled();
  assert.equal(service.get(id).state, 'done');
});

test('who asks while the network is searched shares that search, and later begins another', async () => {
  const { service, searches } = startService();
  assert.equal(service.start().id, service.start().id);
  searches[0]!.end();
  await settled();
  assert.equal(service.start().id, 'd2');
  assert.equal(searches.length, 2);
});

test('one address is searched at a time, beside the network: another one ends it', async () => {
  const { service } = startService();
  const network = service.start();
  const first = service.start('10.0.0.5');
  assert.equal(service.start('10.0.0.5').id, first.id);
  const second = service.start('10.0.0.6');
  await settled();
  assert.equal(service.get(first.id).state, 'done');
  assert.equal(service.get(second.id).state, 'searching');
  assert.equal(service.get(network.id).state, 'searching');
});

test('the newest discoveries are kept, and an unknown one is an error', async () => {
  const { service, searches } = startService();
  for (let at = 0; at <= maxDiscoveries; at++) {
    service.start();
    searches.at(-1)!.end();
    await settled();
  }
  assert.equal(service.get(`d${maxDiscoveries + 1}`).state, 'done');
  assert.throws(
    () => service.get('d1'),
    (error) => error instanceof NightjarError && error.code === 'discovery_unknown',
  );
});

test('stopping ends what still searches', async () => {
  const { service } = startService();
  const { id } = service.start();
  await service.stop();
  assert.equal(service.get(id).state, 'done');
});

const camera = (id: string, address: string | undefined, host: string): Camera => ({
  id,
  name: id,
  address,
  username: undefined,
  password: undefined,
  createdMs: unixMillis(0),
  maxAgeDays: undefined,
  streams: [{ id: `${id}-main`, role: 'main', url: `rtsp://${host}/1`, transport: 'auto', record: true }],
});

const known: [name: string, camera: Camera, devices: string[], cameraIds: (string | undefined)[]][] = [
  ['by its address', camera('c', '10.0.0.5:8000', '10.0.0.9'), ['10.0.0.5:8000'], ['c']],
  ['by the host of its streams', camera('c', undefined, '10.0.0.5:8554'), ['10.0.0.5:8000'], ['c']],
  ['by its host without the port', camera('c', '10.0.0.5', '10.0.0.9'), ['10.0.0.5:8000/x'], ['c']],
  [
    'not by a host that several devices have',
    camera('c', undefined, '10.0.0.5'),
    ['10.0.0.5:1', '10.0.0.5:2'],
    [undefined, undefined],
  ],
  [
    'by its port where several devices have its host',
    camera('c', '10.0.0.5:2', '10.0.0.5'),
    ['10.0.0.5:1', '10.0.0.5:2'],
    [undefined, 'c'],
  ],
  ['not when it is another', camera('c', '10.0.0.50', '10.0.0.51'), ['10.0.0.5'], [undefined]],
];
for (const [name, added, devices, cameraIds] of known) {
  test(`a device that was added is told ${name}`, () => {
    const { service, searches } = startService([added]);
    const { id } = service.start();
    searches[0]!.find(...devices);
    assert.deepEqual(
      service.get(id).devices.map(({ cameraId }) => cameraId),
      cameraIds,
    );
  });
}
