import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frontDoor, startApi } from '../../../test/fixtures/api_server.ts';

const twoStreams = {
  name: 'Garage',
  address: 'garage.local',
  username: 'joe',
  password: 'hunter2',
  maxAgeDays: 7,
  streams: [
    { role: 'main', url: 'rtsp://garage.local/main', transport: 'tcp', record: true },
    { role: 'sub', url: 'rtsp://garage.local/sub', transport: 'auto', record: false },
  ],
};

test('a camera that is added comes out with ids, time and states, and is recorded', async (context) => {
  const { ask, recorder, clock } = await startApi(context);
  const added = await ask('POST', '/api/v1/cameras', twoStreams);
  assert.equal(added.status, 201);
  const { id } = added.json;
  assert.equal(added.headers.location, `/api/v1/cameras/${id}`);
  const [main, sub] = added.json.streams;
  assert.deepEqual(added.json, {
    id,
    name: 'Garage',
    address: 'garage.local',
    username: 'joe',
    hasPassword: true,
    createdMs: clock.now(),
    maxAgeDays: 7,
    storageRoot: 'default',
    streams: [
      {
        id: main.id,
        role: 'main',
        url: 'rtsp://garage.local/main',
        transport: 'tcp',
        record: true,
        state: 'connecting',
        stateReason: 'It is about to be started.',
        sinceMs: clock.now(),
        codecs: [],
        bitsPerSecond: 0,
        framesPerSecond: 0,
      },
      {
        id: sub.id,
        role: 'sub',
        url: 'rtsp://garage.local/sub',
        transport: 'auto',
        record: false,
        state: 'stopped',
        stateReason: 'It is set not to be recorded.',
        sinceMs: clock.now(),
        codecs: [],
        bitsPerSecond: 0,
        framesPerSecond: 0,
      },
    ],
  });
  assert.deepEqual(recorder.calls, ['apply Garage']);
  assert.deepEqual((await ask('GET', `/api/v1/cameras/${id}`)).json, added.json);
  assert.deepEqual((await ask('GET', '/api/v1/cameras')).json, { cameras: [added.json] });
});

test('transport and record have defaults', async (context) => {
  const { ask } = await startApi(context);
  const [stream] = (await ask('POST', '/api/v1/cameras', frontDoor)).json.streams;
  assert.equal(stream.transport, 'auto');
  assert.equal(stream.record, true);
});

test('the fingerprint of a trusted certificate is kept in one form, and can be cleared', async (context) => {
  const { ask, index } = await startApi(context);
  const streams = [{ role: 'main', url: 'rtsps://192.168.1.20/a' }];
  const tlsFingerprint = 'a7'.repeat(32);
  const added = await ask('POST', '/api/v1/cameras', { name: 'Gate', tlsFingerprint, streams });
  const { id } = added.json;
  const kept = Array(32).fill('A7').join(':');
  assert.deepEqual([added.json.tlsFingerprint, index.cameras.get(id)?.tlsFingerprint], [kept, kept]);
  const cleared = await ask('PATCH', `/api/v1/cameras/${id}`, { tlsFingerprint: null });
  assert.deepEqual(
    [cleared.json.tlsFingerprint, index.cameras.get(id)?.tlsFingerprint],
    [undefined, undefined],
  );
});

test('credentials in a URL are split off and kept', async (context) => {
  const { ask, index } = await startApi(context);
  const streams = [{ role: 'main', url: 'rtsp://joe:p%40ss@192.168.1.20/a?b=1' }];
  const added = await ask('POST', '/api/v1/cameras', { name: 'Gate', streams });
  assert.equal(added.json.streams[0].url, 'rtsp://192.168.1.20/a?b=1');
  assert.equal(added.json.username, 'joe');
  const kept = index.cameras.get(added.json.id)!;
  assert.deepEqual([kept.username, kept.password], ['joe', 'p@ss']);
});

test('credentials of their own win over those in the URL', async (context) => {
  const { ask, index } = await startApi(context);
  const streams = [{ role: 'main', url: 'rtsp://old:older@cam/a' }];
  const added = await ask('POST', '/api/v1/cameras', {
    name: 'Gate',
    username: 'new',
    password: 'newer',
    streams,
  });
  const kept = index.cameras.get(added.json.id)!;
  assert.deepEqual([kept.username, kept.password], ['new', 'newer']);
});

test('no answer and no log line ever has a password', async (context) => {
  const { ask, logLines } = await startApi(context);
  const secret = 'S3cr3tW0rd';
  const urls = [
    `rtsp://joe:${secret}@cam/a`,
    `rtsp://joe:${secret}@cam:99999/a`,
    `http://joe:${secret}@cam/a`,
    `rtsp://joe:${secret}@`,
  ];
  const answers = [];
  for (const url of urls) {
    const camera = { name: 'Gate', streams: [{ role: 'main', url }] };
    answers.push(
      await ask('POST', '/api/v1/cameras', camera),
      await ask('POST', '/api/v1/probes', { url: 5, password: secret }),
    );
    answers.push(await ask('POST', '/api/v1/cameras', { ...camera, fps: secret }, { 'x-password': secret }));
  }
  answers.push(await ask('POST', '/api/v1/cameras', { ...frontDoor, password: secret }));
  const { id } = answers.at(-1)!.json;
  answers.push(await ask('PATCH', `/api/v1/cameras/${id}`, { password: `${secret}2` }));
  answers.push(await ask('PATCH', `/api/v1/cameras/${id}`, { password: [secret] }));
  for (const url of ['/api/v1/cameras', `/api/v1/cameras/${id}`, '/api/v1/status', '/metrics', '/health']) {
    answers.push(await ask('GET', url));
  }
  assert(answers.filter(({ status }) => status === 201).length >= 2);
  for (const { text, headers } of answers) assert.doesNotMatch(text + JSON.stringify(headers), /S3cr3t/);
  assert.doesNotMatch(logLines.join(''), /S3cr3t/);
});

test('a patch changes what it names and leaves the rest; null clears', async (context) => {
  const { ask, index, recorder } = await startApi(context);
  const added = (await ask('POST', '/api/v1/cameras', twoStreams)).json;
  const changed = await ask('PATCH', `/api/v1/cameras/${added.id}`, {
    name: ' Barn ',
    address: null,
    maxAgeDays: null,
  });
  assert.equal(changed.status, 200);
  const { address: _, maxAgeDays: __, ...rest } = added;
  assert.deepEqual(changed.json, { ...rest, name: 'Barn' });
  assert.equal(index.cameras.get(added.id)!.password, 'hunter2');
  assert.deepEqual(recorder.calls, ['apply Garage', 'apply Barn']);
  await ask('PATCH', `/api/v1/cameras/${added.id}`, { username: null, password: null });
  const kept = index.cameras.get(added.id)!;
  assert.deepEqual([kept.username, kept.password], [undefined, undefined]);
});

test('a stream keeps its id when its URL changes, and gets a new one with a new role', async (context) => {
  const { ask } = await startApi(context);
  const added = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  const streams = [
    { role: 'sub', url: 'rtsp://192.168.1.99/sub' },
    { role: 'main', url: 'rtsp://192.168.1.99/other' },
  ];
  const changed = (await ask('PATCH', `/api/v1/cameras/${added.id}`, { streams })).json;
  const [main, sub] = changed.streams;
  assert.equal(main.id, added.streams[0].id);
  assert.equal(main.url, 'rtsp://192.168.1.99/other');
  assert.equal(sub.role, 'sub');
  assert.notEqual(sub.id, main.id);
});

const evil = [{ role: 'main', url: 'rtsp://evil.local/main' }];
const moves: [what: string, patch: object, status: number, password: string | undefined][] = [
  ['a stream to another host', { streams: evil }, 400, 'hunter2'],
  [
    'a stream to another port',
    { streams: [{ role: 'main', url: 'rtsp://garage.local:8554/' }] },
    400,
    'hunter2',
  ],
  ['one of two streams', { streams: [twoStreams.streams[0], { ...evil[0], role: 'sub' }] }, 400, 'hunter2'],
  ['the address to another host', { address: 'evil.local' }, 400, 'hunter2'],
  ['both, with another user name', { username: 'ann', address: 'evil.local', streams: evil }, 400, 'hunter2'],
  ['a stream, with the password', { streams: evil, password: 'hunter2' }, 200, 'hunter2'],
  [
    'a stream, with credentials in the URL',
    { streams: [{ role: 'main', url: 'rtsp://a:b@evil/' }] },
    200,
    'b',
  ],
  [
    'a stream, with a name alone in the URL',
    { streams: [{ role: 'main', url: 'rtsp://a@evil/' }] },
    200,
    undefined,
  ],
  ['a stream, and clears the password', { streams: evil, password: null }, 200, undefined],
  ['a stream to another path', { streams: [{ role: 'main', url: 'rtsp://garage.local/b' }] }, 200, 'hunter2'],
  ['the address to another port', { address: 'garage.local:8080' }, 200, 'hunter2'],
];

for (const [what, patch, expected, password] of moves) {
  test(`a patch that moves ${what} ${expected === 200 ? 'is made' : 'wants the password again'}`, async (context) => {
    const { ask, index } = await startApi(context);
    const { id } = (await ask('POST', '/api/v1/cameras', twoStreams)).json;
    const before = index.cameras.get(id)!;
    const { status, json } = await ask('PATCH', `/api/v1/cameras/${id}`, patch);
    assert.equal(status, expected);
    const after = index.cameras.get(id)!;
    assert.equal(after.password, password);
    if (status === 200) return;
    assert.deepEqual(after, before);
    assert.equal(json.errors[0].field, 'password');
    assert.match(json.errors[0].detail, /type it again.*another/i);
  });
}

test('a camera without a password moves as it likes', async (context) => {
  const { ask } = await startApi(context);
  const { id } = (await ask('POST', '/api/v1/cameras', { ...frontDoor, username: 'joe' })).json;
  const moved = await ask('PATCH', `/api/v1/cameras/${id}`, { address: 'other', streams: evil });
  assert.equal(moved.status, 200);
});

test('a camera that is removed is stopped and gone', async (context) => {
  const { ask, recorder } = await startApi(context);
  const { id } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  const removed = await ask('DELETE', `/api/v1/cameras/${id}`);
  assert.equal(removed.status, 204);
  assert.equal(removed.text, '');
  assert.deepEqual(recorder.calls, ['apply Front door', 'remove']);
  const again = await ask('GET', `/api/v1/cameras/${id}`);
  assert.equal(again.status, 404);
  assert.equal(again.json.code, 'camera_unknown');
});

test('when the recorder cannot follow, nothing is half-applied', async (context) => {
  const { ask, recorder, index } = await startApi(context);
  const { id } = (await ask('POST', '/api/v1/cameras', twoStreams)).json;
  const before = index.cameras.list();
  recorder.failure = new Error('boom');
  const bodies = [
    await ask('POST', '/api/v1/cameras', frontDoor),
    await ask('PATCH', `/api/v1/cameras/${id}`, {
      name: 'Other',
      address: null,
      password: 'other',
      streams: frontDoor.streams,
    }),
    await ask('DELETE', `/api/v1/cameras/${id}`),
  ];
  for (const { status, json } of bodies) {
    assert.equal(status, 500);
    assert.equal(json.code, 'internal');
    assert.doesNotMatch(json.detail, /boom/);
  }
  assert.deepEqual(index.cameras.list(), before);
});

test('changes that come at once are made one after the other', async (context) => {
  const { ask, index } = await startApi(context);
  const { id } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  const names = Array.from({ length: 10 }, (_, count) => `Camera ${count}`);
  await Promise.all(names.map((name) => ask('PATCH', `/api/v1/cameras/${id}`, { name })));
  assert(names.includes(index.cameras.get(id)!.name));
});

const camera = (changes: object) => ({ ...frontDoor, ...changes });
const stream = (changes: object) => ({ ...frontDoor, streams: [{ ...frontDoor.streams[0], ...changes }] });
const rtspExample = 'a host must follow, as in rtsp://192.168.1.10:554/stream';

const badCameras: [what: string, body: unknown, field: string, detail: string][] = [
  ['no name', { streams: frontDoor.streams }, 'name', 'name is missing.'],
  ['an empty name', camera({ name: '' }), 'name', 'name must not be empty.'],
  ['a blank name', camera({ name: '  ' }), 'name', 'name must not be blank.'],
  ['a name of two lines', camera({ name: 'a\nb' }), 'name', 'name must be one line of printable text.'],
  ['a number as name', camera({ name: 5 }), 'name', 'name must be a text.'],
  ['a long name', camera({ name: 'x'.repeat(101) }), 'name', 'name must have at most 100 characters.'],
  ['an unknown field', camera({ fps: 25 }), 'fps', 'fps is not known here.'],
  ['no streams', { name: 'Gate' }, 'streams', 'streams is missing.'],
  ['an empty list of streams', camera({ streams: [] }), 'streams', 'streams must have at least 1 entry.'],
  [
    'three streams',
    camera({ streams: Array(3).fill(frontDoor.streams[0]) }),
    'streams',
    'streams must have at most 2 entries.',
  ],
  [
    'the same role twice',
    camera({ streams: Array(2).fill(frontDoor.streams[0]) }),
    'streams.1.role',
    'streams.1.role is main again, but each role may be there once.',
  ],
  [
    'an unknown role',
    stream({ role: 'third' }),
    'streams.0.role',
    'streams.0.role must be one of main, sub.',
  ],
  ['no URL', camera({ streams: [{ role: 'main' }] }), 'streams.0.url', 'streams.0.url is missing.'],
  [
    'an HTTP URL',
    stream({ url: 'http://camera/' }),
    'streams.0.url',
    'streams.0.url: This is not the URL of a stream: it must begin with rtsp:// or rtsps://.',
  ],
  [
    'a URL without a host',
    stream({ url: 'rtsp:///path' }),
    'streams.0.url',
    `streams.0.url: This is not the URL of a stream: ${rtspExample}.`,
  ],
  [
    'a port out of range',
    stream({ url: 'rtsp://camera:70000/' }),
    'streams.0.url',
    'streams.0.url: This is not the URL of a stream: the port must be 1 to 65535, not 70000.',
  ],
  [
    'a fingerprint that is none',
    camera({ tlsFingerprint: 'trust it' }),
    'tlsFingerprint',
    'tlsFingerprint must be the SHA-256 fingerprint of a certificate: 64 hexadecimal digits.',
  ],
  [
    'different credentials in two URLs',
    camera({
      streams: [
        { role: 'main', url: 'rtsp://a:b@camera/1' },
        { role: 'sub', url: 'rtsp://a:c@camera/2' },
      ],
    }),
    'streams.1.url',
    'The URLs carry different credentials, but a camera has one user name and one password.',
  ],
  [
    'an unknown transport',
    stream({ transport: 'pigeon' }),
    'streams.0.transport',
    'streams.0.transport must be one of auto, tcp, udp, multicast, http, websocket.',
  ],
  [
    'a text for record',
    stream({ record: 'yes' }),
    'streams.0.record',
    'streams.0.record must be true or false.',
  ],
  [
    'an address with a scheme',
    camera({ address: 'http://camera' }),
    'address',
    'address must be a host name or an IP address, without scheme.',
  ],
  ['a text for days', camera({ maxAgeDays: '7' }), 'maxAgeDays', 'maxAgeDays must be a number or null.'],
  ['no days', camera({ maxAgeDays: 0 }), 'maxAgeDays', 'maxAgeDays must be at least 0.001.'],
  [
    'more guaranteed than kept',
    camera({ maxAgeDays: 0.1, minAgeHours: 3 }),
    'minAgeHours',
    'minAgeHours is 3, but must be at most 2.4, the hours of maxAgeDays.',
  ],
  ['a list', [], '', 'The body must be an object.'],
];

test('all of the time that footage is kept may be guaranteed, also where that is no whole binary fraction', async (context) => {
  const { ask } = await startApi(context);
  for (const [maxAgeDays, minAgeHours] of [
    [0.7, 16.8],
    [0.1, 2.4],
  ]) {
    const { status, json } = await ask('POST', '/api/v1/cameras', camera({ maxAgeDays, minAgeHours }));
    assert.equal(status, 201, json.detail);
  }
});

for (const [what, body, field, detail] of badCameras) {
  test(`a camera with ${what} is refused with the field, and nothing is kept`, async (context) => {
    const { ask, index, recorder } = await startApi(context);
    const { status, json, headers } = await ask('POST', '/api/v1/cameras', body);
    assert.equal(status, 400);
    assert.match(String(headers['content-type']), /^application\/problem\+json/);
    assert.deepEqual(json, {
      type: 'urn:nightjar:error:request_invalid',
      title: 'A field of the request has a value that is not allowed.',
      status: 400,
      code: 'request_invalid',
      detail,
      advice: 'Correct the field that the message names.',
      errors: [{ field, detail }],
    });
    assert.deepEqual(index.cameras.list(), []);
    assert.deepEqual(recorder.calls, []);
  });
}

test('all faults of a request are named at once', async (context) => {
  const { ask } = await startApi(context);
  const { json } = await ask('POST', '/api/v1/cameras', { fps: 3, streams: [{ role: 'x', url: 5 }] });
  assert.deepEqual(json.errors, [
    { field: 'name', detail: 'name is missing.' },
    { field: 'fps', detail: 'fps is not known here.' },
    { field: 'streams.0.role', detail: 'streams.0.role must be one of main, sub.' },
    { field: 'streams.0.url', detail: 'streams.0.url must be a text.' },
  ]);
});

test('a bad patch changes nothing', async (context) => {
  const { ask, index } = await startApi(context);
  const { id } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  const before = index.cameras.get(id);
  const patches: [unknown, string][] = [
    [{}, ''],
    [{ name: 'Other', streams: [{ role: 'main', url: 'nonsense' }] }, 'streams.0.url'],
    [{ name: null }, 'name'],
    [{ id: 'other' }, 'id'],
    [{ createdMs: 5 }, 'createdMs'],
  ];
  for (const [patch, field] of patches) {
    const { status, json } = await ask('PATCH', `/api/v1/cameras/${id}`, patch);
    assert.equal(status, 400);
    assert.equal(json.errors[0].field, field);
  }
  assert.deepEqual(index.cameras.get(id), before);
});

test('an unknown camera is a 404 for every method', async (context) => {
  const { ask, recorder } = await startApi(context);
  for (const [method, body] of [['GET'], ['PATCH', { name: 'x' }], ['DELETE']] as const) {
    const { status, json } = await ask(method, '/api/v1/cameras/gone', body);
    assert.equal(status, 404);
    assert.equal(json.code, 'camera_unknown');
    assert.equal(json.detail, 'There is no camera "gone".');
  }
  assert.deepEqual(recorder.calls, []);
});
