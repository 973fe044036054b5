import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startApi } from '../../test/fixtures/api_server.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { listen } from './server.ts';

test('the documentation loads nothing from elsewhere', async (context) => {
  const { ask } = await startApi(context);
  const page = await ask('GET', '/docs');
  assert.equal(page.status, 200);
  const policy = String(page.headers['content-security-policy']);
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /script-src 'self'/);
  assert.doesNotMatch(policy, /unsafe|https?:|upgrade-insecure/);
  assert.doesNotMatch(page.text, /(src|href)="(https?:)?\/\//);
  const scripts = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url!);
  assert(scripts.length >= 4);
  for (const url of scripts) assert.equal((await ask('GET', url)).status, 200, url);
});

test('every other answer may load nothing, be framed nowhere and is not guessed at', async (context) => {
  const { ask } = await startApi(context);
  for (const url of ['/health', '/api/v1/cameras', '/nowhere']) {
    const { headers } = await ask('GET', url);
    assert.equal(
      headers['content-security-policy'],
      "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
    );
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['strict-transport-security'], undefined);
  }
});

test('requests for another host or from another site are refused on every route', async (context) => {
  const { ask } = await startApi(context);
  for (const url of [
    '/',
    '/health',
    '/metrics',
    '/docs',
    '/api/v1/cameras',
    '/api/v1/openapi.json',
    '/nowhere',
  ]) {
    const rebound = await ask('GET', url, undefined, { host: 'evil.example:8080' });
    assert.equal(rebound.status, 403, url);
    assert.equal(rebound.json.code, 'host_forbidden', url);
    const foreign = await ask('GET', url, undefined, { origin: 'https://evil.example' });
    assert.equal(foreign.json.code, 'origin_forbidden', url);
    assert.equal(foreign.headers['access-control-allow-origin'], undefined);
  }
});

test('what is not there is a 404 as problem details', async (context) => {
  const { ask } = await startApi(context);
  const { status, json, headers } = await ask('GET', '/api/v1/nothing?secret=1');
  assert.equal(status, 404);
  assert.match(String(headers['content-type']), /^application\/problem\+json/);
  assert.deepEqual(json, {
    type: 'urn:nightjar:error:not_found',
    title: 'There is nothing at this address.',
    status: 404,
    code: 'not_found',
    detail: 'There is no GET /api/v1/nothing.',
    advice: 'Check the address; see /docs.',
  });
});

const badBodies: [what: string, payload: string, type: string, detail: string][] = [
  ['broken JSON', '{"name":', 'application/json', 'The body is not JSON.'],
  ['no body', '', 'application/json', 'The body is empty, but must be JSON.'],
  ['plain text', '{"name":"x"}', 'text/plain', 'The body must be JSON, with Content-Type: application/json.'],
  [
    'a form',
    'name=x',
    'application/x-www-form-urlencoded',
    'The body must be JSON, with Content-Type: application/json.',
  ],
  [
    'a huge body',
    `"${'x'.repeat(70_000)}"`,
    'application/json',
    'The body is longer than any request needs.',
  ],
  ['a prototype', '{"__proto__":{"x":1}}', 'application/json', 'The body is not JSON.'],
];

for (const [what, payload, type, detail] of badBodies) {
  test(`${what} is refused in words`, async (context) => {
    const { server } = await startApi(context);
    const headers = { host: '127.0.0.1:8080', 'content-type': type };
    const response = await server.inject({ method: 'POST', url: '/api/v1/cameras', payload, headers });
    assert.equal(response.statusCode, 400);
    const { code, detail: found } = response.json();
    assert.deepEqual({ code, detail: found }, { code: 'request_invalid', detail });
  });
}

test('while the server stops, all but its health says so', async (context) => {
  const { ask } = await startApi(context, { isStopping: () => true });
  const cameras = await ask('GET', '/api/v1/cameras');
  assert.equal(cameras.status, 503);
  assert.equal(cameras.json.code, 'stopping');
  const health = await ask('GET', '/health');
  assert.equal(health.status, 503);
  assert.deepEqual(health.json, { status: 'stopping', problems: [] });
});

test('an error of ours is logged in full and answered without particulars', async (context) => {
  const { ask, logLines } = await startApi(context, {
    storage: () => {
      throw new Error('a secret detail');
    },
  });
  const { status, json } = await ask('GET', '/api/v1/status');
  assert.equal(status, 500);
  assert.equal(json.code, 'internal');
  assert.doesNotMatch(JSON.stringify(json), /a secret detail/);
  assert.match(logLines.join(''), /GET \/api\/v1\/status failed/);
  assert.match(logLines.join(''), /a secret detail/);
});

test('a fault of the camera that a person asked about is no fault of the server: a line without a stack', async (context) => {
  const { ask, logLines } = await startApi(context, {
    probe: async () => {
      throw new NightjarError('camera_authentication', 'rtsp://camera/1: 401 Unauthorized.');
    },
  });
  const { status } = await ask('POST', '/api/v1/probes', { url: 'rtsp://camera/1' });
  assert.equal(status, 502);
  const lines = logLines.map((line) => JSON.parse(line)).filter(({ msg }) => msg.includes('/probes'));
  assert.deepEqual(
    lines.map(({ level, code, msg, err }) => ({ level, code, msg, err })),
    [
      {
        level: 30,
        code: 'camera_authentication',
        msg: 'POST /api/v1/probes: rtsp://camera/1: 401 Unauthorized.',
        err: undefined,
      },
    ],
  );
});

test('the OpenAPI document covers every route, and each of its references leads somewhere', async (context) => {
  const { ask } = await startApi(context);
  const { json: document } = await ask('GET', '/api/v1/openapi.json');
  assert.equal(document.openapi, '3.1.0');
  const operations = Object.entries<Record<string, { summary: string; tags: string[]; responses: object }>>(
    document.paths,
  ).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  );
  assert.deepEqual(operations.map(({ name }) => name).sort(), [
    'DELETE /api/v1/cameras/{cameraId}',
    'DELETE /api/v1/protections/{protectionId}',
    'GET /api/v1/alarms',
    'GET /api/v1/cameras',
    'GET /api/v1/cameras/{cameraId}',
    'GET /api/v1/cameras/{cameraId}/bursts',
    'GET /api/v1/cameras/{cameraId}/clip.mp4',
    'GET /api/v1/cameras/{cameraId}/coverage',
    'GET /api/v1/cameras/{cameraId}/events',
    'GET /api/v1/cameras/{cameraId}/keyframe',
    'GET /api/v1/cameras/{cameraId}/keyframe.jpg',
    'GET /api/v1/cameras/{cameraId}/live',
    'GET /api/v1/cameras/{cameraId}/metadata',
    'GET /api/v1/cameras/{cameraId}/playlist.m3u8',
    'GET /api/v1/cameras/{cameraId}/segments/{segmentId}/{fileName}',
    'GET /api/v1/cameras/{cameraId}/timeline',
    'GET /api/v1/discoveries/{discoveryId}',
    'GET /api/v1/protections',
    'GET /api/v1/retention',
    'GET /api/v1/status',
    'GET /api/v1/updates',
    'GET /health',
    'GET /metrics',
    'HEAD /api/v1/cameras/{cameraId}/clip.mp4',
    'HEAD /api/v1/cameras/{cameraId}/keyframe',
    'HEAD /api/v1/cameras/{cameraId}/segments/{segmentId}/{fileName}',
    'PATCH /api/v1/cameras/{cameraId}',
    'PATCH /api/v1/cameras/{cameraId}/events/{eventId}',
    'POST /api/v1/cameras',
    'POST /api/v1/cameras/{cameraId}/events',
    'POST /api/v1/demo-cameras',
    'POST /api/v1/devices',
    'POST /api/v1/discoveries',
    'POST /api/v1/probes',
    'POST /api/v1/protections',
    'POST /api/v1/verification',
  ]);
  for (const { name, operation } of operations) {
    assert(operation.summary && operation.tags.length === 1, name);
    const problems = Object.keys(operation.responses).filter((status) => /^[45]/.test(status));
    assert(problems.length > 0, name);
  }
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!);
  assert(references.length > 0);
  for (const reference of references) {
    const target = reference.split('/').reduce((node, key) => node?.[key], document);
    assert(target, reference);
  }
  assert.equal(JSON.stringify(document).includes('$id'), false);
});

test('a port that is taken is named', async (context) => {
  const [first, second] = [await startApi(context), await startApi(context)];
  const url = await listen(first.server, { host: '127.0.0.1', port: 0 });
  const port = Number(new URL(url).port);
  await assert.rejects(listen(second.server, { host: '127.0.0.1', port }), {
    code: 'port_in_use',
    message: `Another program listens on 127.0.0.1 port ${port}.`,
  });
});

test('the free port that was found is the one that requests must name', async (context) => {
  const { server } = await startApi(context);
  const url = await listen(server, { host: '127.0.0.1', port: 0 });
  assert.equal((await fetch(`${url}/health`)).status, 200);
  assert.equal(
    (await server.inject({ url: '/health', headers: { host: '127.0.0.1:8080' } })).statusCode,
    403,
  );
});

test('what is not HTTP gets a last word and is closed', async (context) => {
  const { server } = await startApi(context);
  const { port } = new URL(await listen(server, { host: '127.0.0.1', port: 0 }));
  const answer = await new Promise<string>((resolve, reject) => {
    let text = '';
    const socket = connect(Number(port), '127.0.0.1', () => socket.write('\u0000\u0001 rubbish\r\n\r\n'));
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
  assert.match(answer, /^HTTP\/1\.1 400 /);
  assert.match(answer, /"code":"request_invalid","detail":"This is not an HTTP request\."/);
});
