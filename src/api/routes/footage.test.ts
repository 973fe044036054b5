import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frontDoor, startApi } from '../../../test/fixtures/api_server.ts';
import { bodyOf } from '../../../test/fixtures/media_body.ts';
import { until } from '../../../test/fixtures/until.ts';
import type { MediaBody } from '../../delivery/answer_body.ts';
import type { HttpAnswer } from '../../delivery/delivery_service.ts';
import { NightjarError } from '../../errors/nightjar_error.ts';
import { unixMillis } from '../../units/time.ts';
import { disposition } from './clip.ts';

/** A delivery that notes what it is asked and answers with `answer`. */
function notedDelivery(answer: Partial<HttpAnswer> = {}) {
  const asked: unknown[] = [];
  const note = async (request: object, http: object = {}): Promise<HttpAnswer> => {
    const { signal: _, ...facts } = http as { signal?: AbortSignal };
    asked.push({ ...request, ...facts });
    return {
      status: 200,
      headers: { 'content-length': '5' },
      body: bodyOf('movie'),
      ...answer,
    };
  };
  return {
    asked,
    delivery: {
      clip: note,
      keyFrame: note,
      segmentFile: note,
      playlist: async (request: object) => {
        const { signal: _, ...facts } = request as { signal?: AbortSignal };
        asked.push(facts);
        return {
          text: '#EXTM3U\n',
          headers: { 'content-type': 'application/vnd.apple.mpegurl', 'cache-control': 'no-store' },
        };
      },
    },
  };
}

const noConditions = { head: false, range: undefined, ifRange: undefined, ifNoneMatch: undefined };

test('a clip is asked of the stream that the query means', async (context) => {
  const { asked, delivery } = notedDelivery();
  const { ask } = await startApi(context, { delivery });
  const { id, streams } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  const url = `/api/v1/cameras/${id}/clip.mp4`;
  const plain = await ask('GET', `${url}?from=1000&to=1970-01-01T00:00:02Z`);
  assert.equal(plain.status, 200);
  assert.equal(plain.text, 'movie');
  assert.equal(
    plain.headers['content-disposition'],
    `inline; filename="Front door 1970-01-01T00-00-01Z.mp4"; filename*=UTF-8''Front%20door%201970-01-01T00-00-01Z.mp4`,
  );
  const conditions = { range: 'bytes=1-2', 'if-range': '"a"', 'if-none-match': '"b"' };
  await ask('GET', `${url}?from=1&to=2&stream=${streams[0].id}&gaps=keep`, undefined, conditions);
  assert.deepEqual(asked, [
    { streamId: streams[0].id, fromMs: 1000, toMs: 2000, gaps: 'close', ...noConditions },
    {
      streamId: streams[0].id,
      fromMs: 1,
      toMs: 2,
      gaps: 'keep',
      head: false,
      range: 'bytes=1-2',
      ifRange: '"a"',
      ifNoneMatch: '"b"',
    },
  ]);
});

test('HEAD gives the length of the clip and no body', async (context) => {
  const { asked, delivery } = notedDelivery({ headers: { 'content-length': '123456' }, body: undefined });
  const { ask } = await startApi(context, { delivery });
  const { id, streams } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  const head = await ask('HEAD', `/api/v1/cameras/${id}/clip.mp4?from=1&to=2`);
  assert.equal(head.status, 200);
  assert.equal(head.headers['content-length'], '123456');
  assert.equal(head.text, '');
  assert.deepEqual(asked, [
    { streamId: streams[0].id, fromMs: 1, toMs: 2, gaps: 'close', ...noConditions, head: true },
  ]);
});

test('too many clips at once are told when to come again', async (context) => {
  const { delivery } = notedDelivery();
  const busy = async () => {
    throw new NightjarError('too_busy', '32 clips are being prepared or wait for it already.');
  };
  const { ask } = await startApi(context, { delivery: { ...delivery, clip: busy } });
  const { id } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  const { status, headers, json } = await ask('GET', `/api/v1/cameras/${id}/clip.mp4?from=1&to=2`);
  assert.deepEqual([status, json.code, headers['retry-after']], [503, 'too_busy', '2']);
});

test('a clip whose file is lost on the way ends short of its length, with a line in the log', async (context) => {
  const lost = new NightjarError('footage_deleted', 'The file of this footage, a.mp4, is gone.');
  const body: MediaBody = {
    ...bodyOf(''),
    async *[Symbol.asyncIterator]() {
      yield Buffer.from('mov');
      throw lost;
    },
  };
  const { delivery } = notedDelivery({ headers: { 'content-length': '5' }, body });
  const { server, ask, logLines } = await startApi(context, { delivery });
  const { id } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  const address = await server.listen({ host: '127.0.0.1', port: 0 });
  const answer = await fetch(`${address}/api/v1/cameras/${id}/clip.mp4?from=1&to=2`);
  await assert.rejects(answer.arrayBuffer(), /terminated/);
  await until(() => logLines.some((line) => /Sending footage ended early.*a\.mp4, is gone/.test(line)));
});

test('a key frame is asked of the stream and instant that the query means', async (context) => {
  const { asked, delivery } = notedDelivery({ headers: { 'nightjar-instant-ms': '900' } });
  const { ask } = await startApi(context, { delivery });
  const { id, streams } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  const url = `/api/v1/cameras/${id}/keyframe`;
  const { status, headers, text } = await ask('GET', `${url}?at=1970-01-01T00:00:01Z&stream=main`);
  assert.deepEqual([status, headers['nightjar-instant-ms'], text], [200, '900', 'movie']);
  assert.deepEqual(asked, [{ streamId: streams[0].id, atMs: 1000, ...noConditions }]);
  assert.equal((await ask('GET', url)).json.code, 'request_invalid');
  assert.equal((await ask('GET', `${url}?at=noon`)).json.code, 'request_invalid');
});

test('an unchanged clip is a 304 without a body or a length', async (context) => {
  const { delivery } = notedDelivery({ status: 304, headers: { etag: '"a"' }, body: undefined });
  const { ask } = await startApi(context, { delivery });
  const { id } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  const { status, headers, text } = await ask('GET', `/api/v1/cameras/${id}/clip.mp4?from=1&to=2`);
  assert.equal(status, 304);
  assert.equal(headers.etag, '"a"');
  assert.equal(headers['content-length'], undefined);
  assert.equal(text, '');
});

test('a range beyond the clip is a problem that says how long it is', async (context) => {
  const { delivery } = notedDelivery({
    status: 416,
    headers: { 'content-range': 'bytes */777' },
    body: undefined,
  });
  const { ask } = await startApi(context, { delivery });
  const { id } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  const { status, headers, json } = await ask('GET', `/api/v1/cameras/${id}/clip.mp4?from=1&to=2`);
  assert.equal(status, 416);
  assert.equal(headers['content-range'], 'bytes */777');
  assert.equal(json.code, 'range_unsatisfiable');
  assert.equal(json.detail, 'The file has 777 bytes.');
});

test('a playlist is asked with its window and tracks', async (context) => {
  const { asked, delivery } = notedDelivery();
  const { ask } = await startApi(context, { delivery });
  const { id, streams } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  const list = await ask('GET', `/api/v1/cameras/${id}/playlist.m3u8?from=5`);
  assert.equal(list.status, 200);
  assert.equal(list.text, '#EXTM3U\n');
  assert.equal(list.headers['content-type'], 'application/vnd.apple.mpegurl');
  await ask('GET', `/api/v1/cameras/${id}/playlist.m3u8?from=5&to=9&tracks=video`);
  assert.deepEqual(asked, [
    { streamId: streams[0].id, fromMs: 5, toMs: undefined, tracks: 'all' },
    { streamId: streams[0].id, fromMs: 5, toMs: 9, tracks: 'video' },
  ]);
});

test('the files of a playlist are those of the camera in the address', async (context) => {
  const { asked, delivery } = notedDelivery();
  const { ask } = await startApi(context, { delivery });
  const { id, streams } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  const file = await ask('GET', `/api/v1/cameras/${id}/segments/abc/0-100-av.m4s`);
  assert.equal(file.text, 'movie');
  assert.deepEqual(asked, [
    { streamIds: [streams[0].id], segmentId: 'abc', fileName: '0-100-av.m4s', ...noConditions },
  ]);
  assert.equal(
    (await ask('GET', '/api/v1/cameras/gone/segments/abc/0-100-av.m4s')).json.code,
    'camera_unknown',
  );
});

test('the timeline says what was recorded, what was not and why, up to what is being written', async (context) => {
  const { ask, index, clock, recorder } = await startApi(context);
  const startMs = clock.now();
  const { id, streams } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  const streamId: string = streams[0].id;
  index.ledger.openGap(streamId, unixMillis(startMs), 'refused');
  index.ledger.closeGap(streamId, unixMillis(startMs + 4_000));
  clock.advance(10_000);
  const run = { id: '00000000-0000-4000-8000-00000000000a', streamId, clockEpoch: 0 };
  const fragment = {
    offset: 100,
    bytes: 5_000,
    startTicks: 0,
    durationTicks: 90_000 * 5,
    startMs: startMs + 4_000,
    arrivalMs: startMs + 4_000,
    keyFrame: true,
    damage: [{ media: 'video', fromMs: 1_000, toMs: 1_500, packetsLost: 7, unitsDropped: 1 }],
  };
  const track = { kind: 'video', timescale: 90_000 };
  recorder.open.set(streamId, [{ run, tracks: [{ track }], fragments: [fragment] }] as never);
  const url = `/api/v1/cameras/${id}/timeline?from=${startMs - 60_000}&to=${startMs + 60_000}`;
  const { status, json } = await ask('GET', url);
  assert.equal(status, 200);
  assert.deepEqual(json, {
    expectedFromMs: startMs,
    knownToMs: startMs + 9_000,
    recordings: [
      { startMs: startMs + 4_000, endMs: startMs + 9_000, runId: run.id, growing: true, bytes: 5_000 },
    ],
    gaps: [{ startMs, endMs: startMs + 4_000, cause: 'refused', ongoing: false }],
    damages: [
      { media: 'video', startMs: startMs + 5_000, endMs: startMs + 5_500, packetsLost: 7, unitsDropped: 1 },
    ],
    events: [],
  });
  const coarse = await ask('GET', `${url}&resolutionMs=60000&stream=${streamId}`);
  assert.equal(coarse.status, 200);
});

const badQueries: [path: string, field: string, code: string, detail: RegExp][] = [
  ['timeline', 'from', 'request_invalid', /^from is missing\. to is missing\.$/],
  ['timeline?from=1', 'to', 'request_invalid', /^to is missing\.$/],
  [
    'timeline?from=yesterday&to=5',
    'from',
    'request_invalid',
    /^from is "yesterday", but must be integer epoch/,
  ],
  ['timeline?from=5&to=5', 'to', 'request_invalid', /^to must be later than from\.$/],
  ['timeline?from=1&to=5&zoom=3', 'zoom', 'request_invalid', /^zoom is not known here\.$/],
  ['timeline?from=1&to=5&from=2', 'from', 'request_invalid', /^from must be a text\.$/],
  [
    'timeline?from=1&to=5&resolutionMs=0',
    'resolutionMs',
    'request_invalid',
    /^resolutionMs has the wrong form\. Whole/,
  ],
  [
    'timeline?from=1&to=5&stream=sub',
    'stream',
    'stream_unknown',
    /^stream is "sub", but must be one of main, or the id of one\.$/,
  ],
  ['clip.mp4?from=1', 'to', 'request_invalid', /^to is missing\.$/],
  ['clip.mp4?from=5&to=4', 'to', 'request_invalid', /^to must be later than from\.$/],
  ['clip.mp4?from=1&to=5&gaps=skip', 'gaps', 'request_invalid', /^gaps must be one of close, keep\.$/],
  ['clip.mp4?from=1&to=5&stream=other', 'stream', 'stream_unknown', /^stream is "other"/],
  ['playlist.m3u8', 'from', 'request_invalid', /^from is missing\.$/],
  ['playlist.m3u8?from=1&tracks=audio', 'tracks', 'request_invalid', /^tracks must be one of all, video\.$/],
];

for (const [path, field, code, detail] of badQueries) {
  test(`${path} is refused with the field`, async (context) => {
    const { ask } = await startApi(context);
    const { id } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
    const { status, json } = await ask('GET', `/api/v1/cameras/${id}/${path}`);
    assert.equal(status, code === 'stream_unknown' ? 404 : 400);
    assert.equal(json.code, code);
    assert.match(json.detail, detail);
    assert.equal(json.errors[0].field, field);
  });
}

for (const path of ['timeline?from=1&to=2', 'clip.mp4?from=1&to=2', 'playlist.m3u8?from=1']) {
  test(`${path} of an unknown camera is a 404`, async (context) => {
    const { ask } = await startApi(context);
    const { status, json } = await ask('GET', `/api/v1/cameras/gone/${path}`);
    assert.equal(status, 404);
    assert.equal(json.code, 'camera_unknown');
  });
}

test('no footage is a 404 of its own', async (context) => {
  const { ask } = await startApi(context);
  const { id } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  const { status, json } = await ask('GET', `/api/v1/cameras/${id}/clip.mp4?from=1&to=2`);
  assert.equal(status, 404);
  assert.equal(json.code, 'no_footage');
});

test('the name of a saved clip is safe in a header and on any disk', () => {
  assert.equal(
    disposition('Tür/"1"\\%', 0),
    `inline; filename="T_r__1___ 1970-01-01T00-00-00Z.mp4"; filename*=UTF-8''T%C3%BCr_%221%22_%25%201970-01-01T00-00-00Z.mp4`,
  );
  assert.match(disposition("Joe's (*)", 0), /filename\*=UTF-8''Joe%27s%20%28%2a%29%20/);
});
