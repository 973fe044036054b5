import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { systemClock } from '../../src/clock/system_clock.ts';
import type { ErrorCode } from '../../src/errors/catalogue.ts';
import { NightjarError } from '../../src/errors/nightjar_error.ts';
import { readDevice } from '../../src/onvif/device_reader.ts';
import { demoClip } from '../../src/simulator/clip.ts';
import { type SimulatedDeviceOptions, startSimulatedDevice } from '../../src/simulator/simulated_device.ts';
import {
  envelope,
  fault,
  plainDevice,
  profileText,
  type Script,
  startScriptedDevice,
  timeAnswer,
} from './scripted_device.ts';

const credentials = { username: 'admin', password: 'p@ss <&> é' };
const clock = systemClock;

/** A simulated camera at a loopback address of its own. */
async function startCamera(context: TestContext, options: Partial<SimulatedDeviceOptions> = {}) {
  const device = await startSimulatedDevice({
    clock,
    logger: pino({ level: 'silent' }),
    name: 'Front door',
    address: `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`,
    discoveryInterfaces: [],
    credentials,
    streams: [
      { role: 'main', path: 'main' },
      { role: 'sub', path: 'sub', clip: await demoClip('sub') },
    ],
    ...options,
  });
  context.after(() => device.close());
  return device;
}

const failsWith =
  (code: ErrorCode, detail: RegExp = /./) =>
  (error: unknown) => {
    assert.ok(error instanceof NightjarError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, detail);
    return true;
  };

for (const authentication of ['either', 'usernameToken', 'digest'] as const) {
  for (const mediaServices of [['media1', 'media2'], ['media1'], ['media2']] as const) {
    test(`O8, O9: a camera with ${mediaServices.join(' and ')} that asks for ${authentication} is read`, async (context) => {
      const device = await startCamera(context, { authentication, mediaServices });
      const report = await readDevice({ address: device.onvifAddress, ...credentials, clock });
      assert.equal(report.media, mediaServices.includes('media2' as never) ? 'media2' : 'media1');
      assert.deepEqual(
        report.profiles.map(({ role, url, codec, width }) => ({ role, url, codec, width })),
        [
          { role: 'main', url: device.rtsp.url('main'), codec: 'H264', width: 640 },
          { role: 'sub', url: device.rtsp.url('sub'), codec: 'H264', width: 320 },
        ],
      );
      assert.equal(report.name, 'Nightjar Simulated camera');
      assert.deepEqual(report.notes, []);
    });
  }
}

test('a wrong password and a missing one are told apart', async (context) => {
  const { onvifAddress: address } = await startCamera(context);
  await assert.rejects(
    readDevice({ address, clock }),
    failsWith('onvif_credentials', /asks for a user name/),
  );
  const wrong = { ...credentials, password: 'wrong' };
  await assert.rejects(readDevice({ address, ...wrong, clock }), failsWith('onvif_credentials', /refused/));
});

for (const clockSkewMs of [-3_600_000, 86_400_000 * 400]) {
  test(`O1: a camera whose clock is ${clockSkewMs / 3_600_000} hours off is asked in its own time`, async (context) => {
    const { onvifAddress: address } = await startCamera(context, {
      authentication: 'usernameToken',
      faults: { clockSkewMs },
    });
    const { profiles, notes } = await readDevice({ address, ...credentials, clock });
    assert.equal(profiles.length, 2);
    assert.match(notes[0] ?? '', clockSkewMs < 0 ? /60 minutes behind/ : /400 days ahead/);
  });
}

test('O2: where the clock is wrong and the password refused, the clock is named', async (context) => {
  const { onvifAddress: address } = await startCamera(context, {
    faults: { clockSkewMs: -86_400_000 * 365 },
  });
  const wrong = { username: 'admin', password: 'wrong' };
  await assert.rejects(readDevice({ address, ...wrong, clock }), failsWith('onvif_clock', /365 days behind/));
});

test('O3: services at a wrong host are asked at the one that answered', async (context) => {
  const { onvifAddress: address } = await startCamera(context, { faults: { serviceHost: '192.0.2.77' } });
  assert.equal((await readDevice({ address, ...credentials, clock })).profiles.length, 2);
});

test('O6: streams at a wrong host are given at the one that answered, with a word', async (context) => {
  const device = await startCamera(context, { faults: { streamHost: '192.0.2.77' } });
  const { profiles, notes } = await readDevice({ address: device.onvifAddress, ...credentials, clock });
  assert.deepEqual(
    profiles.map(({ url }) => url),
    [device.rtsp.url('main'), device.rtsp.url('sub')],
  );
  assert.match(notes.join(), /192\.0\.2\.77/);
});

const faults: [name: string, options: Partial<SimulatedDeviceOptions>, expected: ErrorCode | number][] = [
  [
    'O8: a camera that wants a password even for its time',
    { authentication: 'digest', faults: { authenticationForEverything: true } },
    2,
  ],
  [
    'a camera that does not say what it is',
    { faults: { refuse: { operation: 'GetDeviceInformation', status: 500 } } },
    2,
  ],
  ['a camera without GetServices', { faults: { refuse: { operation: 'GetServices', status: 500 } } }, 2],
  ['a profile without an encoder', { faults: { profileWithoutEncoder: true } }, 1],
  ['a camera without profiles', { faults: { emptyProfiles: true } }, 'onvif_no_media'],
  ['profiles that are cut off', { faults: { malformedReply: 'GetProfiles' } }, 'onvif_malformed'],
  ['profiles of many megabytes', { faults: { oversizedReply: 'GetProfiles' } }, 'onvif_malformed'],
];
for (const [name, options, expected] of faults) {
  test(`${name}: ${expected}`, async (context) => {
    const { onvifAddress: address } = await startCamera(context, options);
    const reading = readDevice({ address, ...credentials, clock });
    if (typeof expected === 'number') assert.equal((await reading).profiles.length, expected);
    else await assert.rejects(reading, failsWith(expected));
  });
}

test('O9: the older media service is used where the newer one does not work, with a word', async (context) => {
  const device = await startScriptedDevice(context, (address) => ({
    ...plainDevice(address),
    GetServices: `<GetServicesResponse>${['ver10', 'ver20'].map((version) => `<Service><Namespace>http://www.onvif.org/${version}/media/wsdl</Namespace><XAddr>http://${address}/${version}</XAddr></Service>`).join('')}</GetServicesResponse>`,
    GetProfiles: (response, { url }) =>
      response.end(
        envelope(url === '/ver20' ? fault('ter:Action', 'broken') : String(plainDevice(address).GetProfiles)),
      ),
  }));
  const { media, profiles, notes } = await readDevice({ address: device.address, clock });
  assert.equal(media, 'media1');
  assert.deepEqual(
    profiles.map(({ token, role }) => [token, role]),
    [['p1', 'main']],
  );
  assert.match(notes.join(), /Media2/);
});

test('digits of tokens and serial numbers stay as they are', async (context) => {
  const device = await startScriptedDevice(context, (address) => ({
    ...plainDevice(address),
    GetProfiles: `<GetProfilesResponse>${profileText('000', 1280)}${profileText('1.50', 640)}${profileText('&lt;/a&gt;&amp;', 320)}</GetProfilesResponse>`,
  }));
  const { serialNumber, profiles } = await readDevice({ address: device.address, clock });
  assert.equal(serialNumber, '00042');
  assert.deepEqual(
    profiles.map(({ token }) => token),
    ['000', '1.50', '</a>&'],
  );
  const bodies = device.asked.filter(({ operation }) => operation === 'GetStreamUri').map(({ body }) => body);
  assert.match(bodies[2]!, /<ProfileToken>&#60;\/a&#62;&#38;<\/ProfileToken>/);
});

test('a profile without a stream is left out, with a word', async (context) => {
  const device = await startScriptedDevice(context, (address) => ({
    ...plainDevice(address),
    GetProfiles: `<GetProfilesResponse>${profileText('bad', 1920)}${profileText('good', 640)}</GetProfilesResponse>`,
    GetStreamUri: (response, _, body) =>
      response.end(
        envelope(
          body.includes('>bad<') ? fault('ter:NoProfile', 'none') : String(plainDevice(address).GetStreamUri),
        ),
      ),
  }));
  const { profiles, notes } = await readDevice({ address: device.address, clock });
  assert.deepEqual(
    profiles.map(({ token, role }) => [token, role]),
    [['good', 'main']],
  );
  assert.match(notes.join(), /no stream for these profiles: bad\./);
});

const huge = 'x'.repeat(64 * 1024);
const hostile: [name: string, script: Script, code: ErrorCode][] = [
  ['an answer without end', (response) => void pour(response), 'onvif_malformed'],
  [
    'headers without end',
    (response) => void response.socket?.write(`HTTP/1.1 200 OK\r\nx: ${huge}`),
    'onvif_off',
  ],
  [
    'a redirect elsewhere',
    (response) => response.writeHead(302, { location: 'http://192.0.2.1/' }).end(),
    'onvif_off',
  ],
  ['a web page', (response) => response.end('<html><body>Login</body></html>'), 'onvif_off'],
  ['nothing at all', (response) => response.end(), 'onvif_off'],
  ['a closed connection', (response) => response.destroy(), 'onvif_unreachable'],
  ['no HTTP', (response) => response.socket?.end('SSH-2.0-OpenSSH\r\n'), 'onvif_off'],
  [
    'a bomb of entities',
    (response) => response.end(`<!DOCTYPE a [<!ENTITY b "c">]>${envelope('&b;')}`),
    'onvif_malformed',
  ],
  [
    'elements in elements in elements',
    (response) => response.end(envelope('<a>'.repeat(100_000))),
    'onvif_malformed',
  ],
  [
    'what a regular expression takes minutes for',
    (response) => response.end(envelope('xmlns '.repeat(50_000))),
    'onvif_no_media',
  ],
  [
    'a challenge that cannot be sent back',
    (response) => response.writeHead(401, { 'www-authenticate': 'Digest' }).end(),
    'onvif_credentials',
  ],
];
for (const [name, script, code] of hostile) {
  test(`O4: a device that sends ${name} costs an error: ${code}`, async (context) => {
    const { address } = await startScriptedDevice(context, (at) => ({
      ...plainDevice(at),
      GetServices: script,
      GetCapabilities: script,
      GetSystemDateAndTime: code === 'onvif_no_media' ? timeAnswer(new Date()) : script,
    }));
    const startMs = performance.now();
    await assert.rejects(readDevice({ address, ...credentials, clock }), failsWith(code));
    assert.ok(performance.now() - startMs < 4000);
  });
}

test('a device that never answers is given up after the time for a request', async (context) => {
  const { address } = await startScriptedDevice(context, () => ({ GetSystemDateAndTime: () => {} }));
  await assert.rejects(readDevice({ address, clock }), failsWith('onvif_unreachable', /within 5 s/));
});

test('a device that sends a byte now and then is given up after the time for a request', async (context) => {
  const { address } = await startScriptedDevice(context, () => ({
    GetSystemDateAndTime: (response) => {
      const dripping = setInterval(() => response.write(' '), 100);
      response.on('close', () => clearInterval(dripping));
    },
  }));
  await assert.rejects(readDevice({ address, clock }), failsWith('onvif_unreachable', /within 5 s/));
});

test('a reading that nobody waits for any more ends at once', async (context) => {
  const { address } = await startScriptedDevice(context, () => ({
    GetSystemDateAndTime: () => stop.abort(),
  }));
  const stop = new AbortController();
  await assert.rejects(readDevice({ address, clock, signal: stop.signal }), { name: 'AbortError' });
});

test('a service at another port of the device is asked there, one at another host never', async (context) => {
  let strangers = 0;
  const other = createServer(() => strangers++).listen(0, '127.0.0.9');
  context.after(() => other.close());
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as { port: number };
  const device = await startScriptedDevice(context, (address) => ({
    ...plainDevice(address),
    GetServices: `<GetServicesResponse><Service><Namespace>http://www.onvif.org/ver10/media/wsdl</Namespace><XAddr>http://127.0.0.9:${port}/media</XAddr></Service></GetServicesResponse>`,
  }));
  assert.equal((await readDevice({ address: device.address, clock })).profiles.length, 1);
  assert.equal(device.asked.find(({ operation }) => operation === 'GetProfiles')?.path, '/media');
  assert.equal(strangers, 0);
});

for (const [field, input] of [
  ['address', { address: 'http://a/b c' }],
  ['username', { address: '127.0.0.1:1', username: 'a\r\nb' }],
  ['password', { address: '127.0.0.1:1', username: 'a', password: '\0' }],
] as const) {
  test(`a bad ${field} is refused by name`, async () => {
    await assert.rejects(
      readDevice({ ...input, clock }),
      (error) =>
        error instanceof NightjarError && error.code === 'request_invalid' && error.place.field === field,
    );
  });
}

/** Writes for as long as somebody reads. */
function pour(response: import('node:http').ServerResponse): void {
  while (!response.destroyed && response.write(huge)) {
    // As much as the socket takes.
  }
  response.once('drain', () => pour(response));
}
