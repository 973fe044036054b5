import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApi } from '../../../test/fixtures/api_server.ts';
import { NightjarError } from '../../errors/nightjar_error.ts';
import type { ApiServices } from '../ports.ts';

const found: ReturnType<ApiServices['discoveries']['start']> = {
  id: 'd1',
  state: 'searching',
  startedMs: 1,
  searched: ['eth0 10.0.0.2'],
  devices: [{ id: 'urn:1', address: '10.0.0.5', name: 'cam', model: 'X', cameraId: 'c1' }],
  ignored: 3,
  problems: ['eth1 could not be searched.'],
};

test('a search is begun and read again', async (context) => {
  const asked: unknown[] = [];
  const { ask } = await startApi(context, {
    discoveries: {
      start: (address) => {
        asked.push(address);
        return found;
      },
      get: () => ({ ...found, state: 'done' }),
    },
  });
  const begun = await ask('POST', '/api/v1/discoveries', {});
  assert.equal(begun.status, 202);
  assert.equal(begun.headers.location, '/api/v1/discoveries/d1');
  assert.deepEqual(begun.json, found);
  await ask('POST', '/api/v1/discoveries', { address: '10.0.0.5' });
  assert.deepEqual(asked, [undefined, '10.0.0.5']);
  assert.deepEqual((await ask('GET', '/api/v1/discoveries/d1')).json, { ...found, state: 'done' });
});

test('an unknown search is a 404 with its code', async (context) => {
  const { ask } = await startApi(context, {
    discoveries: {
      start: () => found,
      get: () => {
        throw new NightjarError('discovery_unknown', 'There is no discovery "x".');
      },
    },
  });
  const { status, json } = await ask('GET', '/api/v1/discoveries/x');
  assert.deepEqual([status, json.code], [404, 'discovery_unknown']);
});

test('a device is read with the credentials that were sent', async (context) => {
  const device = {
    address: '10.0.0.5',
    name: 'Acme X',
    media: 'media2' as const,
    profiles: [
      { token: 'p', name: 'p', role: 'main' as const, url: 'rtsp://10.0.0.5/1', codec: 'H264', width: 640 },
    ],
    notes: ['A note.'],
  };
  const { ask } = await startApi(context, {
    readDevice: async (request) => {
      assert.deepEqual({ ...request }, { address: '10.0.0.5', username: 'a', password: 'b' });
      return device;
    },
  });
  const { status, json } = await ask('POST', '/api/v1/devices', {
    address: '10.0.0.5',
    username: 'a',
    password: 'b',
  });
  assert.equal(status, 200);
  assert.deepEqual(json, device);
});

test('a device that asks for a password is a 422 with its code and advice', async (context) => {
  const { ask } = await startApi(context, {
    readDevice: async () => {
      throw new NightjarError('onvif_credentials', 'It asks for a user name.');
    },
  });
  const { status, json } = await ask('POST', '/api/v1/devices', { address: '10.0.0.5' });
  assert.deepEqual([status, json.code], [422, 'onvif_credentials']);
  assert.match(json.advice, /ONVIF/);
});

test('only so many devices are read at once', async (context) => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  let reads = 0;
  const { ask } = await startApi(context, {
    readDevice: async () => {
      reads++;
      await held;
      throw new NightjarError('onvif_unreachable', 'Gone.');
    },
  });
  const waiting = Array.from({ length: 4 }, () => ask('POST', '/api/v1/devices', { address: 'a' }));
  while (reads < 4) await new Promise((resolve) => setImmediate(resolve));
  const refused = await ask('POST', '/api/v1/devices', { address: 'a' });
  assert.deepEqual([refused.status, refused.json.code], [503, 'too_busy']);
  release();
  for (const answer of waiting) assert.equal((await answer).status, 502);
});

test('requests of other sites and fields that nobody knows are refused', async (context) => {
  const { ask } = await startApi(context);
  for (const path of ['/api/v1/discoveries', '/api/v1/devices']) {
    const foreign = await ask('POST', path, { address: 'a' }, { origin: 'http://evil.example' });
    assert.equal(foreign.json.code, 'origin_forbidden');
    const unknown = await ask('POST', path, { address: 'a', port: 80 });
    assert.deepEqual([unknown.status, unknown.json.errors[0].field], [400, 'port']);
  }
});
