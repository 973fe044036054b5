import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { digestAuthorization, parseChallenges } from '../../rtsp/digest.ts';
import { unixMillis } from '../../units/time.ts';
import type { DeviceDescription } from './device_description.ts';
import { namespaces } from './namespaces.ts';
import { type HttpReply, type OnvifAuthentication, RequestHandler } from './request_handler.ts';
import { credentials, exampleDevice, securityHeader, soap } from './test_support.ts';
import { parseXml, type XmlElement, XmlError } from './xml_element.ts';

const now = unixMillis(Date.UTC(2026, 0, 2, 3, 4, 5));

const paths = {
  device: '/onvif/device_service',
  media1: '/onvif/media_service',
  media2: '/onvif/media2_service',
};

type ServiceName = keyof typeof paths;

const call = (service: ServiceName, name: string, content = '') =>
  `<${name} xmlns="${namespaces[service]}">${content}</${name}>`;

interface Setup {
  readonly device?: Partial<DeviceDescription>;
  readonly authentication?: OnvifAuthentication;
  readonly open?: boolean;
}

const handlerOf = ({ device, authentication, open }: Setup = {}) =>
  new RequestHandler(
    { ...exampleDevice, ...device },
    open ? undefined : credentials,
    authentication ?? 'either',
  );

const post = (body: string, path = paths.device, authorization?: string) => ({
  method: 'POST',
  path,
  authorization,
  body,
});

/** What a device without credentials answers. */
function answerOf(
  service: ServiceName,
  name: string,
  content = '',
  device: Partial<DeviceDescription> = {},
): HttpReply {
  const request = post(soap(call(service, name, content)), paths[service]);
  return handlerOf({ device, open: true }).answer(request, now);
}

function allOf(element: XmlElement, name: string): XmlElement[] {
  const below = element.children.flatMap((child) => allOf(child, name));
  return element.name === name ? [element, ...below] : below;
}

/** The texts of all elements of this name. */
const texts = (reply: HttpReply, name: string) =>
  allOf(parseXml(String(reply.body)), name).map(({ text }) => text);

const tokens = (reply: HttpReply, name: string) =>
  allOf(parseXml(String(reply.body)), name).map((element) => element.attributes.get('token'));

/** Status and subcodes of a fault. */
const faultOf = (reply: HttpReply) => {
  const values = allOf(parseXml(String(reply.body)), 'Code').flatMap((code) => allOf(code, 'Value'));
  return [reply.status, ...values.map(({ text }) => text)];
};

const profileToken = (token: string) => `<ProfileToken>${token}</ProfileToken>`;

const answers: { name: string; reply: () => HttpReply; element: string; expected: string[] }[] = [
  {
    name: 'its time',
    reply: () => answerOf('device', 'GetSystemDateAndTime'),
    element: 'Hour',
    expected: ['3', '3'],
  },
  {
    name: 'its skewed time',
    reply: () => answerOf('device', 'GetSystemDateAndTime', '', { faults: { clockSkewMs: -86_400_000 } }),
    element: 'Day',
    expected: ['1', '1'],
  },
  {
    name: 'its serial number',
    reply: () => answerOf('device', 'GetDeviceInformation'),
    element: 'SerialNumber',
    expected: ['0123456789AB'],
  },
  {
    name: 'its services',
    reply: () => answerOf('device', 'GetServices'),
    element: 'XAddr',
    expected: ['device_service', 'media_service', 'media2_service'].map(
      (path) => `http://192.168.1.5:80/onvif/${path}`,
    ),
  },
  {
    name: 'the only media service that it has',
    reply: () => answerOf('device', 'GetServices', '', { mediaServices: ['media2'] }),
    element: 'Namespace',
    expected: [namespaces.device, namespaces.media2],
  },
  {
    name: 'services behind NAT',
    reply: () =>
      answerOf('device', 'GetServices', '', { mediaServices: [], faults: { serviceHost: '10.0.0.9' } }),
    element: 'XAddr',
    expected: ['http://10.0.0.9:80/onvif/device_service'],
  },
  {
    name: 'capabilities',
    reply: () => answerOf('device', 'GetCapabilities'),
    element: 'XAddr',
    expected: ['http://192.168.1.5:80/onvif/device_service', 'http://192.168.1.5:80/onvif/media_service'],
  },
  {
    name: 'one capability',
    reply: () => answerOf('device', 'GetCapabilities', '<Category>Media</Category>'),
    element: 'XAddr',
    expected: ['http://192.168.1.5:80/onvif/media_service'],
  },
  {
    name: 'no capability of Media1 without it',
    reply: () =>
      answerOf('device', 'GetCapabilities', '<Category>Media</Category>', { mediaServices: ['media2'] }),
    element: 'XAddr',
    expected: [],
  },
  {
    name: 'its host name',
    reply: () => answerOf('device', 'GetHostname'),
    element: 'Name',
    expected: ['front-door-'],
  },
  {
    name: 'its network interface',
    reply: () => answerOf('device', 'GetNetworkInterfaces'),
    element: 'Address',
    expected: ['192.168.1.5'],
  },
  {
    name: 'profiles of Media1',
    reply: () => answerOf('media1', 'GetProfiles'),
    element: 'Width',
    expected: ['640', '320'],
  },
  {
    name: 'bit rates of Media1',
    reply: () => answerOf('media1', 'GetProfiles'),
    element: 'BitrateLimit',
    expected: ['512', '512'],
  },
  {
    name: 'one profile of Media1',
    reply: () => answerOf('media1', 'GetProfile', profileToken('sub')),
    element: 'Width',
    expected: ['320'],
  },
  {
    name: 'no profiles',
    reply: () => answerOf('media1', 'GetProfiles', '', { faults: { emptyProfiles: true } }),
    element: 'Profiles',
    expected: [],
  },
  {
    name: 'a profile without encoder',
    reply: () => answerOf('media1', 'GetProfiles', '', { faults: { profileWithoutEncoder: true } }),
    element: 'Encoding',
    expected: ['AAC', 'H264', 'AAC'],
  },
  {
    name: 'a stream by Media1',
    reply: () => answerOf('media1', 'GetStreamUri', profileToken('sub')),
    element: 'Uri',
    expected: ['rtsp://192.168.1.5:554/sub'],
  },
  {
    name: 'a stream at the wrong host',
    reply: () =>
      answerOf('media1', 'GetStreamUri', profileToken('sub'), { faults: { streamHost: '10.0.0.9' } }),
    element: 'Uri',
    expected: ['rtsp://10.0.0.9:554/sub'],
  },
  {
    name: 'a picture by Media1',
    reply: () => answerOf('media1', 'GetSnapshotUri', profileToken('main')),
    element: 'Uri',
    expected: ['http://192.168.1.5:80/snapshot/main.jpg'],
  },
  {
    name: 'the sensor',
    reply: () => answerOf('media1', 'GetVideoSources'),
    element: 'Width',
    expected: ['640'],
  },
  {
    name: 'encoders of Media1',
    reply: () => answerOf('media1', 'GetVideoEncoderConfigurations'),
    element: 'GovLength',
    expected: ['50', '50'],
  },
  {
    name: 'profiles of Media2 with all configurations',
    reply: () => answerOf('media2', 'GetProfiles', '<Type>All</Type>'),
    element: 'Encoding',
    expected: ['H264', 'MP4A-LATM', 'H264', 'MP4A-LATM'],
  },
  {
    name: 'profiles of Media2 with some configurations',
    reply: () => answerOf('media2', 'GetProfiles', '<Type>VideoEncoder</Type>'),
    element: 'Encoding',
    expected: ['H264', 'H264'],
  },
  {
    name: 'profiles of Media2 without configurations',
    reply: () => answerOf('media2', 'GetProfiles'),
    element: 'Configurations',
    expected: [],
  },
  {
    name: 'one profile of Media2',
    reply: () => answerOf('media2', 'GetProfiles', '<Token>sub</Token><Type>All</Type>'),
    element: 'Width',
    expected: ['320'],
  },
  {
    name: 'a stream by Media2',
    reply: () => answerOf('media2', 'GetStreamUri', profileToken('main')),
    element: 'Uri',
    expected: ['rtsp://192.168.1.5:554/main'],
  },
  {
    name: 'a picture by Media2',
    reply: () => answerOf('media2', 'GetSnapshotUri', profileToken('sub')),
    element: 'Uri',
    expected: ['http://192.168.1.5:80/snapshot/sub.jpg'],
  },
  {
    name: 'the encoder of a profile',
    reply: () => answerOf('media2', 'GetVideoEncoderConfigurations', profileToken('sub')),
    element: 'Width',
    expected: ['320'],
  },
  {
    name: 'the source of Media2',
    reply: () => answerOf('media2', 'GetVideoSourceConfigurations'),
    element: 'SourceToken',
    expected: ['video_source'],
  },
];

for (const { name, reply, element, expected } of answers) {
  test(`the device tells ${name}`, () => {
    assert.equal(reply().status, 200);
    assert.deepEqual(texts(reply(), element), expected);
  });
}

test('both media services know a profile by the same token', () => {
  for (const service of ['media1', 'media2'] as const) {
    assert.deepEqual(tokens(answerOf(service, 'GetProfiles'), 'Profiles'), ['main', 'sub']);
  }
});

const pictureless = { profiles: [{ ...exampleDevice.profiles[0]!, snapshot: undefined }] };

const refusals: { name: string; reply: () => HttpReply; fault: (string | number)[] }[] = [
  {
    name: 'an operation that it does not know',
    reply: () => answerOf('device', 'SystemReboot'),
    fault: [500, 's:Receiver', 'ter:ActionNotSupported'],
  },
  {
    name: 'an operation named like a part of objects',
    reply: () => answerOf('device', 'constructor'),
    fault: [500, 's:Receiver', 'ter:ActionNotSupported'],
  },
  {
    name: 'a service that it does not have',
    reply: () =>
      handlerOf({ open: true, device: { mediaServices: ['media1'] } }).answer(
        post(soap(call('media2', 'GetProfiles'))),
        now,
      ),
    fault: [500, 's:Receiver', 'ter:ActionNotSupported'],
  },
  {
    name: 'a profile that it does not have',
    reply: () => answerOf('media1', 'GetStreamUri', profileToken('<b/>')),
    fault: [400, 's:Sender', 'ter:InvalidArgVal', 'ter:NoProfile'],
  },
  {
    name: 'a profile of Media2 that it does not have',
    reply: () => answerOf('media2', 'GetProfiles', '<Token>x</Token>'),
    fault: [400, 's:Sender', 'ter:InvalidArgVal', 'ter:NoProfile'],
  },
  {
    name: 'a picture of a profile without one',
    reply: () => answerOf('media1', 'GetSnapshotUri', profileToken('main'), pictureless),
    fault: [500, 's:Receiver', 'ter:ActionNotSupported'],
  },
  {
    name: 'what is no XML',
    reply: () => handlerOf().answer(post('hello'), now),
    fault: [400, 's:Sender', 'ter:WellFormed'],
  },
  {
    name: 'what is no SOAP 1.2',
    reply: () => handlerOf().answer(post('<Envelope/>'), now),
    fault: [400, 's:Sender', 'ter:WellFormed'],
  },
  {
    name: 'an empty body',
    reply: () => handlerOf().answer(post(soap('')), now),
    fault: [400, 's:Sender', 'ter:WellFormed'],
  },
];

for (const { name, reply, fault } of refusals) {
  test(`the device refuses ${name} with a fault`, () => {
    assert.deepEqual(faultOf(reply()), fault);
  });
}

const information = soap(call('device', 'GetDeviceInformation'));
const withToken = (parts: { createdMs?: number; password?: string } = {}) =>
  soap(call('device', 'GetDeviceInformation'), securityHeader({ createdMs: now, ...parts }));

/** The answer to the same request with the best challenge of the first refusal answered. */
function byDigest(handler: RequestHandler, password = credentials.password): HttpReply {
  const refused = handler.answer(post(information), now);
  const challenges = refused.headers?.['WWW-Authenticate'] ?? [];
  const [challenge] = parseChallenges([challenges].flat());
  if (challenge?.scheme !== 'digest') return refused;
  const request = { method: 'POST', uri: paths.device, nonceCount: 1, cnonce: 'c' };
  const authorization = digestAuthorization(challenge, { ...credentials, password }, request);
  return handler.answer(post(information, paths.device, authorization), now);
}

const authentications: {
  name: string;
  setup: Setup;
  reply: (handler: RequestHandler) => HttpReply;
  status: number;
}[] = [
  { name: 'a token', setup: {}, reply: (handler) => handler.answer(post(withToken()), now), status: 200 },
  { name: 'Digest', setup: {}, reply: byDigest, status: 200 },
  { name: 'nothing', setup: {}, reply: (handler) => handler.answer(post(information), now), status: 401 },
  {
    name: 'a token of a wrong password',
    setup: {},
    reply: (handler) => handler.answer(post(withToken({ password: 'guess' })), now),
    status: 401,
  },
  {
    name: 'Digest of a wrong password',
    setup: {},
    reply: (handler) => byDigest(handler, 'guess'),
    status: 401,
  },
  {
    name: 'a token of an hour ago',
    setup: {},
    reply: (handler) => handler.answer(post(withToken({ createdMs: now - 3_600_000 })), now),
    status: 401,
  },
  {
    name: "a token by the device's wrong clock",
    setup: { device: { faults: { clockSkewMs: -3_600_000 } } },
    reply: (handler) => handler.answer(post(withToken({ createdMs: now - 3_600_000 })), now),
    status: 200,
  },
  {
    name: 'a token by the right clock while its own is wrong',
    setup: { device: { faults: { clockSkewMs: -3_600_000 } } },
    reply: (handler) => handler.answer(post(withToken()), now),
    status: 401,
  },
  {
    name: 'a token where only Digest will do',
    setup: { authentication: 'digest' },
    reply: (handler) => handler.answer(post(withToken()), now),
    status: 401,
  },
  {
    name: 'Digest where only Digest will do',
    setup: { authentication: 'digest' },
    reply: byDigest,
    status: 200,
  },
  {
    name: 'a token where only that will do',
    setup: { authentication: 'usernameToken' },
    reply: (handler) => handler.answer(post(withToken()), now),
    status: 200,
  },
  {
    name: 'nothing where only a token will do',
    setup: { authentication: 'usernameToken' },
    reply: byDigest,
    status: 400,
  },
  {
    name: 'nothing where nobody is asked',
    setup: { open: true },
    reply: (handler) => handler.answer(post(information), now),
    status: 200,
  },
];

for (const { name, setup, reply, status } of authentications) {
  test(`${name} is answered with ${status}`, () => {
    const answer = reply(handlerOf(setup));
    assert.equal(answer.status, status);
    if (status === 200) assert.deepEqual(texts(answer, 'Manufacturer'), ['Nightjar']);
    else assert.deepEqual(faultOf(answer), [status, 's:Sender', 'ter:NotAuthorized']);
    assert.equal(answer.headers?.['WWW-Authenticate'] !== undefined, status === 401);
  });
}

test('a request that is heard twice is answered once', () => {
  const handler = handlerOf();
  const request = post(withToken());
  assert.equal(handler.answer(request, now).status, 200);
  assert.equal(handler.answer(request, now).status, 401);
});

test('everybody may ask for time, services and host name, unless the fault has them asked too', () => {
  const statuses = (setup: Setup) =>
    ['GetSystemDateAndTime', 'GetServices', 'GetCapabilities', 'GetHostname', 'GetScopes'].map(
      (name) => handlerOf(setup).answer(post(soap(call('device', name))), now).status,
    );
  assert.deepEqual(statuses({}), [200, 200, 200, 200, 401]);
  assert.deepEqual(
    statuses({ device: { faults: { authenticationForEverything: true } } }),
    [401, 401, 401, 401, 401],
  );
});

test('a service that the device does not have has no address, and services are asked by POST', () => {
  const handler = handlerOf({ open: true, device: { mediaServices: ['media1'] } });
  const status = (method: string, path: string) =>
    handler.answer({ ...post(soap(call('device', 'GetHostname')), path), method }, now).status;
  assert.equal(status('POST', paths.media1), 200);
  assert.equal(status('POST', paths.media2), 404);
  assert.equal(status('POST', '/'), 404);
  assert.equal(status('GET', paths.device), 405);
});

test('a picture is given to those who answer the challenge', () => {
  const handler = handlerOf();
  const get = (authorization?: string) =>
    handler.answer({ method: 'GET', path: '/snapshot/main.jpg', authorization, body: '' }, now);
  const refused = get();
  assert.equal(refused.status, 401);
  const [challenge] = parseChallenges([refused.headers!['WWW-Authenticate']!].flat());
  assert.ok(challenge?.scheme === 'digest');
  const request = { method: 'GET', uri: '/snapshot/main.jpg', nonceCount: 1, cnonce: 'c' };
  assert.deepEqual(get(digestAuthorization(challenge, credentials, request)), {
    status: 200,
    body: Buffer.from('picture'),
  });
  assert.equal(
    handler.answer({ method: 'GET', path: '/snapshot/x.jpg', authorization: undefined, body: '' }, now)
      .status,
    404,
  );
  assert.equal(handler.answer(post('', '/snapshot/main.jpg'), now).status, 405);
});

test('faults change the answer to their own operation only', () => {
  const answered = (faults: DeviceDescription['faults'], name: string) =>
    answerOf('media1', name, profileToken('main'), { faults });
  const good = answered({}, 'GetProfiles');
  assert.deepEqual(answered({ refuse: { operation: 'GetProfiles', status: 500 } }, 'GetProfiles'), {
    status: 500,
  });
  assert.deepEqual(answered({ refuse: { operation: 'GetStreamUri', status: 401 } }, 'GetProfiles'), good);
  const malformed = answered({ malformedReply: 'GetProfiles' }, 'GetProfiles');
  assert.equal(malformed.status, 200);
  assert.throws(() => parseXml(String(malformed.body)), XmlError);
  assert.deepEqual(answered({ malformedReply: 'GetStreamUri' }, 'GetProfiles'), good);
  const oversized = answered({ oversizedReply: 'GetProfiles' }, 'GetProfiles');
  assert.ok(String(oversized.body).startsWith(String(good.body)) && oversized.body!.length > 10_000_000);
});

test('whatever is sent, the device answers with a message that can be read', () => {
  const handler = handlerOf();
  const requests = [
    withToken(),
    soap(call('device', 'GetServices', '<IncludeCapability>true</IncludeCapability>')),
    soap(call('media2', 'GetProfiles', '<Type>All</Type>'), securityHeader({ createdMs: now })),
  ];
  const damaged = fc
    .record({
      whole: fc.constantFrom(...requests),
      at: fc.nat(900),
      remove: fc.nat(60),
      text: fc.string({ maxLength: 30 }),
    })
    .map(({ whole, at, remove, text }) => whole.slice(0, at) + text + whole.slice(at + remove));
  const anything = fc.oneof(damaged, damaged, fc.string({ unit: 'binary', maxLength: 400 }));
  fc.assert(
    fc.property(
      anything,
      fc.option(fc.string({ maxLength: 80 }), { nil: undefined }),
      (body, authorization) => {
        const reply = handler.answer(post(body, paths.device, authorization), now);
        assert.ok([200, 400, 401, 500].includes(reply.status));
        parseXml(String(reply.body));
      },
    ),
    { numRuns: 1000, examples: requests.map((request) => [request, undefined]) },
  );
});
