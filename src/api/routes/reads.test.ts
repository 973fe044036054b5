import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frontDoor, startApi } from '../../../test/fixtures/api_server.ts';
import { testRootId } from '../../../test/fixtures/test_root.ts';
import type { Alarm } from '../../alarms/alarm_list.ts';
import { NightjarError } from '../../errors/nightjar_error.ts';
import type { StreamStatus } from '../../recorder/status.ts';
import { unixMillis } from '../../units/time.ts';

function status(streamId: string, cameraId: string, changes: Partial<StreamStatus> = {}): StreamStatus {
  return {
    streamId,
    cameraId,
    role: 'main',
    state: 'recording',
    stateReason: 'Recording.',
    sinceMs: unixMillis(1_000),
    transport: 'tcp',
    codecs: ['avc1.64001f'],
    width: 640,
    height: 360,
    bitsPerSecond: 4e6,
    framesPerSecond: 25,
    counters: {
      packets: 100,
      packetsLost: 2,
      bytesReceived: 5_000,
      framingBytesLost: 0,
      framesWritten: 50,
      audioFramesWritten: 0,
      fragmentsWritten: 2,
      bytesWritten: 4_000,
      damagedFootageMs: 0,
      damagedUnits: 1,
      samplesDropped: 0,
      metadataPackets: 12,
      metadataDocuments: 4,
      metadataBytes: 900,
      metadataLost: 1,
      reconnects: 3,
    },
    lossBoundMs: 2_000,
    queuedBytes: 0,
    slowestWriteMs: 0,
    ...changes,
  };
}

test('a healthy server says so, and a camera that is away does not change that', async (context) => {
  const { ask, recorder } = await startApi(context);
  const { id, streams } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  recorder.statuses.set(streams[0].id, status(streams[0].id, id, { state: 'backing_off' }));
  const health = await ask('GET', '/health');
  assert.equal(health.status, 200);
  assert.deepEqual(health.json, { status: 'ok', problems: [] });
});

test('a server that cannot work is a 503 with the reason', async (context) => {
  const { ask } = await startApi(context, { problems: () => ['The disk is gone.'] });
  const health = await ask('GET', '/health');
  assert.equal(health.status, 503);
  assert.deepEqual(health.json, { status: 'failing', problems: ['The disk is gone.'] });
  const { json } = await ask('GET', '/api/v1/status');
  assert.equal(json.healthy, false);
  assert.deepEqual(json.problems, ['The disk is gone.']);
});

test('the status has every figure of every stream', async (context) => {
  const { ask, recorder, clock, index } = await startApi(context);
  const { id, streams } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  const known = status(streams[0].id, id, {
    state: 'backing_off',
    stateReason: 'The camera refused the connection.',
    errorCode: 'camera_refused',
    lastFootageMs: unixMillis(900.4),
  });
  recorder.statuses.set(streams[0].id, known);
  const { json } = await ask('GET', '/api/v1/status');
  assert.equal(json.version, '1.2.3');
  assert.equal(json.installationId, index.installationId);
  assert.equal(json.nowMs, clock.now());
  assert.deepEqual(json.storage, {
    folder: '/srv/footage',
    usable: true,
    totalBytes: 9,
    freeBytes: 7,
    minFreeBytes: 5,
    roots: [
      {
        id: testRootId,
        name: 'default',
        folder: '/srv/footage',
        state: 'usable',
        usable: true,
        freeBytes: 7,
        totalBytes: 9,
        inFlightBytes: 3,
      },
    ],
  });
  const [stream] = json.cameras[0].streams;
  assert.equal(stream.state, 'backing_off');
  assert.equal(stream.errorCode, 'camera_refused');
  assert.equal(stream.lastFootageMs, 900);
  assert.deepEqual(stream.counters, known.counters);
  assert.equal(stream.lossBoundMs, 2_000);
});

test('the metrics have each stream by its ids, and its one state', async (context) => {
  const { ask, recorder, clock } = await startApi(context);
  const { id, streams } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  const lastFootageMs = unixMillis(clock.now() - 1_500);
  recorder.statuses.set(streams[0].id, status(streams[0].id, id, { lastFootageMs }));
  const { status: code, text, headers } = await ask('GET', '/metrics');
  assert.equal(code, 200);
  assert.match(String(headers['content-type']), /^text\/plain/);
  const labels = `camera="${id}",stream="${streams[0].id}",role="main"`;
  for (const line of [
    'nightjar_info{version="1.2.3"} 1',
    'nightjar_healthy 1',
    'nightjar_storage_free_bytes 7',
    'nightjar_storage_root_usable{root="default"} 1',
    'nightjar_storage_root_in_flight_bytes{root="default"} 3',
    'nightjar_cpu_seconds_total 2',
    'nightjar_event_loop_delay_seconds 0.003',
    `nightjar_stream_state{${labels},state="recording"} 1`,
    `nightjar_stream_state{${labels},state="backing_off"} 0`,
    `nightjar_stream_packets_total{${labels}} 100`,
    `nightjar_stream_packets_lost_total{${labels}} 2`,
    `nightjar_stream_frames_written_total{${labels}} 50`,
    `nightjar_stream_written_bytes_total{${labels}} 4000`,
    `nightjar_stream_reconnects_total{${labels}} 3`,
    `nightjar_stream_last_footage_age_seconds{${labels}} 1.5`,
  ]) {
    assert(text.split('\n').includes(line), line);
  }
  assert.equal((await ask('GET', '/metrics')).text, text, 'asking must not count');
});

test('alarms are in a list of their own, in the status and in the metrics, and leave health alone', async (context) => {
  const raised: Alarm[] = [];
  const { ask } = await startApi(context, { alarms: () => raised });
  assert.deepEqual((await ask('GET', '/api/v1/alarms')).json, { alarms: [] });
  assert.doesNotMatch((await ask('GET', '/metrics')).text, /^nightjar_alarm\{/m);
  const words = { text: 'Nothing of Yard (sub) is being recorded.', advice: 'See the log.' };
  const about = { cameraId: 'c', streamId: 's', role: 'sub' } as const;
  const id = 'not_committing:s';
  const kind = 'not_committing';
  raised.push({ id, kind, severity: 'critical', sinceMs: unixMillis(5.4), ...about, ...words });
  const expected = [{ id, kind, severity: 'critical', sinceMs: 5, ...about, ...words }];
  assert.deepEqual((await ask('GET', '/api/v1/alarms')).json, { alarms: expected });
  assert.deepEqual((await ask('GET', '/api/v1/status')).json.alarms, expected);
  const line = 'nightjar_alarm{kind="not_committing",severity="critical",camera="c",stream="s",root=""} 1';
  assert((await ask('GET', '/metrics')).text.split('\n').includes(line));
  assert.equal((await ask('GET', '/health')).status, 200);
});

test('what supervision had to do is in the status and the metrics', async (context) => {
  const supervision = { streamRestarts: 4, workerRestarts: 2, logLinesHeldBack: 70 };
  const { ask, recorder } = await startApi(context, {
    supervision: () => supervision,
    streamRestarts: () => 3,
  });
  const { id, streams } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  const waits = { queuedBytes: 9_000, slowestWriteMs: 1_500 };
  recorder.statuses.set(streams[0].id, status(streams[0].id, id, waits));
  const { json } = await ask('GET', '/api/v1/status');
  assert.deepEqual(json.supervision, supervision);
  const { restarts, queuedBytes, slowestWriteMs } = json.cameras[0].streams[0];
  assert.deepEqual({ restarts, queuedBytes, slowestWriteMs }, { restarts: 3, ...waits });
  const labels = `camera="${id}",stream="${streams[0].id}",role="main"`;
  const lines = (await ask('GET', '/metrics')).text.split('\n');
  for (const line of [
    'nightjar_stream_restarts_total 4',
    'nightjar_worker_restarts_total 2',
    'nightjar_log_lines_held_back_total 70',
    `nightjar_stream_queued_bytes{${labels}} 9000`,
    `nightjar_stream_slowest_write_seconds{${labels}} 1.5`,
  ]) {
    assert(lines.includes(line), line);
  }
});

test('a camera that was removed leaves the metrics', async (context) => {
  const { ask, recorder } = await startApi(context);
  const { id, streams } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  recorder.statuses.set(streams[0].id, status(streams[0].id, id));
  assert.match((await ask('GET', '/metrics')).text, new RegExp(id));
  await ask('DELETE', `/api/v1/cameras/${id}`);
  assert.doesNotMatch((await ask('GET', '/metrics')).text, new RegExp(id));
});

test('a probe is made with the credentials given, split off the URL, or kept for a camera', async (context) => {
  const { ask, probed } = await startApi(context);
  const url = 'rtsp://joe:pa55@192.168.1.20/a';
  const found = await ask('POST', '/api/v1/probes', { url });
  assert.equal(found.json.video.width, 1280);
  const other = await ask('POST', '/api/v1/probes', { url, username: 'ann', password: 'x' });
  assert.equal(other.status, 200);
  assert.deepEqual(probed, [
    { url: 'rtsp://192.168.1.20/a', username: 'joe', password: 'pa55' },
    { url: 'rtsp://192.168.1.20/a', username: 'ann', password: 'x' },
  ]);
  const kept = { ...frontDoor, username: 'sue', password: 'secret' };
  const { id } = (await ask('POST', '/api/v1/cameras', kept)).json;
  await ask('POST', '/api/v1/probes', { url: 'rtsp://192.168.1.20/b', password: 'new', cameraId: id });
  assert.deepEqual(probed.at(-1), { url: 'rtsp://192.168.1.20/b', username: 'sue', password: 'new' });
  assert.equal((await ask('POST', '/api/v1/probes', { url, cameraId: 'nobody' })).status, 404);
  const bad = await ask('POST', '/api/v1/probes', { url: 'http://x' });
  assert.equal(bad.status, 400);
  assert.equal(bad.json.errors[0].field, 'url');
});

const fingerprint = Array(32).fill('A7').join(':');
const keepsSecrets = { ...frontDoor, username: 'sue', password: 'secret', tlsFingerprint: fingerprint };

test('what is kept for a camera goes to that camera alone', async (context) => {
  const { ask, probed } = await startApi(context);
  const { id: cameraId } = (await ask('POST', '/api/v1/cameras', keepsSecrets)).json;
  const kept = { username: 'sue', password: 'secret', tlsFingerprint: fingerprint };
  const same = await ask('POST', '/api/v1/probes', { url: 'rtsp://192.168.1.20/b', cameraId });
  assert.deepEqual(probed, [{ url: 'rtsp://192.168.1.20/b', ...kept }]);
  assert.deepEqual(same.json.notes, []);
  for (const url of ['rtsp://evil/b', 'rtsp://192.168.1.20:9000/b', 'rtsps://192.168.1.20:554/b']) {
    const other = await ask('POST', '/api/v1/probes', { url, cameraId });
    assert.equal(other.status, 200);
    assert.deepEqual(probed.at(-1), { url });
    assert.match(other.json.notes.join(), /without the password that is kept.*type it again/i);
    await ask('POST', '/api/v1/probes', { url, cameraId, username: 'sue' });
    assert.deepEqual(probed.at(-1), { url, username: 'sue' });
    const typed = await ask('POST', '/api/v1/probes', { url, cameraId, username: 'sue', password: 'new' });
    assert.deepEqual(probed.at(-1), { url, username: 'sue', password: 'new' });
    assert.deepEqual(typed.json.notes, []);
  }
});

test('a probe of another host that wants a password says to type the kept one again', async (context) => {
  const { ask } = await startApi(context, {
    probe: async ({ url }) => {
      throw new NightjarError('camera_authentication', `DESCRIBE ${url}: 401 Unauthorized.`);
    },
  });
  const { id: cameraId } = (await ask('POST', '/api/v1/cameras', keepsSecrets)).json;
  const { status, json } = await ask('POST', '/api/v1/probes', { url: 'rtsp://evil/b', cameraId });
  assert.deepEqual([status, json.code, json.errors[0].field], [400, 'request_invalid', 'password']);
  assert.match(json.detail, /^DESCRIBE rtsp:\/\/evil\/b: 401 Unauthorized\. .*type it again/i);
  const own = await ask('POST', '/api/v1/probes', { url: 'rtsp://192.168.1.20/b', cameraId });
  assert.equal(own.json.code, 'camera_authentication');
});

for (const address of [
  '/api/v1/cameras/%zz',
  `/api/v1/cameras/${'a'.repeat(5_000)}`,
  '/docs/static/%2e%2e/%2e%2e/package.json',
]) {
  test(`an address such as ${address.slice(0, 40)} is a problem of the catalogue, and no fault of ours`, async (context) => {
    const { ask } = await startApi(context);
    const { status, json } = await ask('GET', address);
    assert.equal(status, 404);
    assert.equal(json.code, 'not_found');
  });
}
