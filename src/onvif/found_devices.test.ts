import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FoundDevices, maxDevices, maxRepliesOfSource } from './found_devices.ts';

const reply = (endpoint: string, xAddrs: string, name = 'cam') =>
  Buffer.from(
    `<Envelope><Body><ProbeMatches><ProbeMatch><EndpointReference><Address>${endpoint}</Address></EndpointReference>` +
      `<Types>dn:NetworkVideoTransmitter</Types><Scopes>onvif://www.onvif.org/name/${name}</Scopes><XAddrs>${xAddrs}</XAddrs>` +
      '</ProbeMatch></ProbeMatches></Body></Envelope>',
  );
const address = (at: number) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`;

test('a device that repeats itself is listed once', () => {
  const found = new FoundDevices();
  for (let times = 0; times < 8; times++)
    found.addReply(reply('urn:1', 'http://10.0.0.5/onvif/device_service'), '10.0.0.5');
  assert.deepEqual(found.list, [{ id: 'urn:1', address: '10.0.0.5', name: 'cam' }]);
  assert.equal(found.ignored, 0);
});

test('two cameras with the same endpoint reference are two', () => {
  const found = new FoundDevices();
  found.addReply(reply('urn:1', 'http://10.0.0.5/x'), '10.0.0.5');
  found.addReply(reply('urn:1', 'http://10.0.0.6/x'), '10.0.0.6');
  assert.deepEqual(
    found.list.map(({ id, address }) => [id, address]),
    [
      ['urn:1', '10.0.0.5/x'],
      ['urn:1 10.0.0.6/x', '10.0.0.6/x'],
    ],
  );
});

test('O3: one camera with two addresses that names both is one', () => {
  const found = new FoundDevices();
  const both = 'http://10.0.0.5/onvif/device_service http://169.254.1.2/onvif/device_service';
  found.addReply(reply('urn:1', both), '10.0.0.5');
  found.addReply(reply('urn:1', both), '169.254.1.2');
  assert.deepEqual(
    found.list.map(({ address }) => address),
    ['10.0.0.5'],
  );
});

test('nobody hides a camera by naming its address', () => {
  const found = new FoundDevices();
  found.addReply(reply('urn:1', 'http://10.0.0.5/ http://10.0.0.66/'), '10.0.0.66');
  found.addReply(reply('urn:1', 'http://10.0.0.5/'), '10.0.0.5');
  assert.deepEqual(
    found.list.map(({ address }) => address),
    ['10.0.0.66', '10.0.0.5'],
  );
});

test('several devices at one address, on ports of their own, are several', () => {
  const found = new FoundDevices();
  for (const port of [8001, 8002])
    found.addReply(reply(`urn:${port}`, `http://127.0.0.1:${port}/onvif/device_service`), '127.0.0.1');
  assert.deepEqual(
    found.list.map(({ address }) => address),
    ['127.0.0.1:8001', '127.0.0.1:8002'],
  );
});

test('ten thousand bogus replies from one address cost 64 readings, and hide nobody', () => {
  const found = new FoundDevices();
  for (let at = 0; at < 10_000; at++)
    found.addReply(reply(`urn:${at}`, `http://10.9.9.9:${at + 1}/`), '10.9.9.9');
  found.addReply(reply('urn:real', 'http://10.0.0.5/onvif/device_service', 'real'), '10.0.0.5');
  assert.equal(found.list.length, maxRepliesOfSource + 1);
  assert.equal(found.list.at(-1)?.name, 'real');
  assert.equal(found.ignored, 10_000 - maxRepliesOfSource);
});

test('ten thousand bogus replies from as many addresses fill a bounded list', () => {
  const found = new FoundDevices();
  for (let at = 0; at < 10_000; at++) found.addReply(reply(`urn:${at}`, ''), address(at));
  assert.equal(found.list.length, maxDevices);
  assert.equal(found.ignored, 10_000 - maxDevices);
});

test('a flood of large and malformed replies is ignored in little time', () => {
  const found = new FoundDevices();
  const bytes = Buffer.alloc(16 * 1024, '<a b="c">');
  const startMs = performance.now();
  for (let at = 0; at < 20_000; at++) found.addReply(bytes, address(at));
  assert.equal(found.ignored, 20_000);
  assert.ok(performance.now() - startMs < 10_000);
});

test('all ids of a list differ, whatever devices call themselves', () => {
  const found = new FoundDevices();
  for (const [endpoint, source] of [
    ['a', '10.0.0.1'],
    ['a 10.0.0.2/', '10.0.0.3'],
    ['a', '10.0.0.2'],
    ['10.0.0.4', '10.0.0.1'],
  ] as const) {
    found.addReply(reply(endpoint, ''), source);
  }
  const ids = found.list.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
});

test('a device that answered at its port is listed by its address, once', () => {
  const found = new FoundDevices();
  for (let times = 0; times < 2; times++) found.addAddress('10.0.0.5:8000', '10.0.0.5');
  assert.deepEqual(found.list, [{ id: '10.0.0.5:8000', address: '10.0.0.5:8000', name: '10.0.0.5:8000' }]);
});
