import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { frontDoor, startApi } from '../../../test/fixtures/api_server.ts';
import { summaryOf } from '../../../test/fixtures/index_fixture.ts';
import { bodyOf } from '../../../test/fixtures/media_body.ts';
import { testRootId } from '../../../test/fixtures/test_root.ts';
import { until } from '../../../test/fixtures/until.ts';
import type { MediaBody } from '../../delivery/answer_body.ts';
import type { HttpAnswer } from '../../delivery/delivery_service.ts';
import { NightjarError } from '../../errors/nightjar_error.ts';
import type { Index } from '../../index/open_index.ts';
import { trackTicks, unixMillis } from '../../units/time.ts';
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
    { streamId: streams[0].id, fromMs: 1000, toMs: 2000, gaps: 'close', version: undefined, ...noConditions },
    {
      streamId: streams[0].id,
      fromMs: 1,
      toMs: 2,
      gaps: 'keep',
      version: undefined,
      head: false,
      range: 'bytes=1-2',
      ifRange: '"a"',
      ifNoneMatch: '"b"',
    },
  ]);
});

test('a clip of the last minute is answered with the address of its version, for every part the same', async (context) => {
  const version = 'abcdefghijklmnopqrstuvwxyz_';
  const { asked, delivery } = notedDelivery({ headers: { 'content-length': '5', etag: `"${version}"` } });
  const { ask, clock } = await startApi(context, { delivery });
  const { id, streams } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  const [fromMs, toMs] = [clock.now() - 30_000, clock.now() + 30_000];
  const range = { range: 'bytes=1-2' };
  const moved = await ask(
    'GET',
    `/api/v1/cameras/${id}/clip.mp4?from=${fromMs}&to=${toMs}`,
    undefined,
    range,
  );
  assert.equal(moved.status, 307);
  const location = String(moved.headers.location);
  const query = new URLSearchParams(location.split('?')[1]);
  assert.equal(query.get('version'), version);
  assert.equal((await ask('GET', location, undefined, range)).text, 'movie');
  const asWanted = { streamId: streams[0].id, fromMs, toMs: Number(query.get('to')), gaps: 'close' };
  assert.deepEqual(asked, [
    { ...asWanted, version: undefined, ...noConditions, head: true },
    { ...asWanted, version, ...noConditions, ...range },
  ]);
});

test('who goes on with a clip that has changed meanwhile, or is older than a minute, stays with its version', async (context) => {
  const answer = { headers: { etag: '"first"' } };
  const { delivery } = notedDelivery(answer);
  const { ask, clock } = await startApi(context, { delivery });
  const { id } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  const url = `/api/v1/cameras/${id}/clip.mp4?from=${clock.now() - 30_000}&to=${clock.now() + 30_000}`;
  const versionFor = async (range?: string) => {
    const { status, headers } = await ask('GET', url, undefined, range === undefined ? {} : { range });
    if (status !== 307) return status;
    assert.match(String(headers['cache-control']), /^max-age=\d+/, 'FFmpeg reads no age behind other words');
    return new URLSearchParams(String(headers.location).split('?')[1]).get('version');
  };
  assert.equal(await versionFor('bytes=0-'), 'first');
  answer.headers.etag = '"second"';
  assert.equal(await versionFor('bytes=48-'), 'first');
  assert.equal(await versionFor('bytes=-48'), 'first');
  assert.equal(await versionFor(), 'second');
  assert.equal(await versionFor('bytes=48-'), 'second');
  clock.advance(120_000);
  assert.equal(await versionFor('bytes=48-'), 'second');
  assert.equal(await versionFor('bytes=0-'), 200, 'what is older than a minute needs no version');
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
    {
      streamId: streams[0].id,
      fromMs: 1,
      toMs: 2,
      gaps: 'close',
      version: undefined,
      ...noConditions,
      head: true,
    },
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

test('a small picture of a key frame is asked of the stream and instant that the query means', async (context) => {
  const asked: unknown[] = [];
  const headers = { 'content-type': 'image/jpeg', etag: '"a-jpeg"', 'nightjar-instant-ms': '900' };
  const picture = async (request: object, { ifNoneMatch }: { ifNoneMatch?: string | undefined } = {}) => {
    asked.push(request);
    if (ifNoneMatch === '"a-jpeg"') return { status: 304 as const, headers, bytes: undefined };
    return { status: 200 as const, headers, bytes: Buffer.from('jpeg') };
  };
  const { ask } = await startApi(context, { pictures: { picture } });
  const { id, streams } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  const url = `/api/v1/cameras/${id}/keyframe.jpg`;
  const answer = await ask('GET', `${url}?at=1970-01-01T00:00:01Z&stream=main`);
  assert.deepEqual([answer.status, answer.text, answer.headers['content-type']], [200, 'jpeg', 'image/jpeg']);
  assert.equal(answer.headers['nightjar-instant-ms'], '900');
  assert.deepEqual(asked, [{ streamId: streams[0].id, atMs: 1000 }]);
  assert.equal((await ask('GET', url)).json.code, 'request_invalid');
});

for (const [code, status] of [
  ['ffmpeg_missing', 501],
  ['picture_failed', 502],
  ['no_footage', 404],
  ['too_busy', 503],
] as const) {
  test(`a small picture that cannot be had is a problem ${code}`, async (context) => {
    const picture = async () => {
      throw new NightjarError(code, 'So it is.');
    };
    const { ask, logLines } = await startApi(context, { pictures: { picture } });
    const { id } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
    const answer = await ask('GET', `/api/v1/cameras/${id}/keyframe.jpg?at=1`);
    assert.deepEqual([answer.status, answer.json.code], [status, code]);
    assert.ok(!logLines.some((line) => line.includes('"level":50')), 'no fault of the server');
  });
}

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
  await ask('GET', `/api/v1/cameras/${id}/playlist.m3u8?from=5&to=9&audio=flac`);
  await ask('GET', `/api/v1/cameras/${id}/playlist.m3u8?from=5&to=9&audio=flac&tracks=video`);
  assert.deepEqual(asked, [
    { streamId: streams[0].id, fromMs: 5, toMs: undefined, tracks: 'all' },
    { streamId: streams[0].id, fromMs: 5, toMs: 9, tracks: 'video' },
    { streamId: streams[0].id, fromMs: 5, toMs: 9, tracks: 'flac' },
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
    activity: 7,
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
    activity: { startMs, stepMs: 1_000, levels: '000077777' },
  });
  const coarse = await ask('GET', `${url}&resolutionMs=60000&stream=${streamId}`);
  assert.equal(coarse.status, 200);
  const bursts = (query: string) => ask('GET', `/api/v1/cameras/${id}/bursts?${query}`);
  assert.deepEqual((await bursts(`from=${startMs}&direction=next`)).json, {
    burst: { startMs: startMs + 4_000 },
  });
  assert.deepEqual((await bursts(`from=${startMs}&direction=previous`)).json, {});
  for (const query of [
    'direction=next',
    `from=${startMs}`,
    `from=${startMs}&direction=up`,
    'from=x&direction=next',
  ]) {
    assert.equal((await bursts(query)).status, 400, query);
  }
});

/** A segment in the index, with a loss of 3 pictures in each of its fragments, 10 s apart. */
function closeSegment(index: Index, streamId: string, startMs: number, seconds: number): void {
  const ids = { id: randomUUID(), streamId, runId: randomUUID() };
  const provisionalStartMs = unixMillis(startMs);
  index.ledger.reserve(
    { ...ids, number: 0, rootId: testRootId, path: `${ids.id}.mp4`, provisionalStartMs },
    { id: ids.runId, streamId, clockEpoch: 0 },
  );
  const summary = summaryOf({ id: ids.id, startMs, endMs: startMs + seconds * 1000 });
  const [entry] = summary.fragments;
  const damage = [{ media: 'video' as const, fromMs: 0, toMs: 500, packetsLost: 7, unitsDropped: 3 }];
  const fragments = Array.from({ length: Math.ceil(seconds / 10) }, (_, index) => ({
    ...entry!,
    startMs: unixMillis(startMs + index * 10_000),
    durationTicks: trackTicks(Math.min(10, seconds - index * 10) * 90_000),
    damage,
  }));
  index.ledger.close({ ...summary, fragments }, { overlap: false });
}

test('coverage sums up a window: what has footage, what has not and why, and what was lost', async (context) => {
  const { ask, index, clock } = await startApi(context);
  const startMs = clock.now();
  const { id, streams } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  const streamId: string = streams[0].id;
  index.ledger.openGap(streamId, unixMillis(startMs), 'unreachable');
  index.ledger.closeGap(streamId, unixMillis(startMs + 5_000));
  closeSegment(index, streamId, startMs + 5_000, 20);
  index.ledger.openGap(streamId, unixMillis(startMs + 25_000), 'crash');
  index.ledger.openGap(streamId, unixMillis(startMs + 28_000), 'unreachable');
  index.ledger.closeGap(streamId, unixMillis(startMs + 30_000));
  closeSegment(index, streamId, startMs + 30_000, 10);
  clock.advance(42_000);
  const url = `/api/v1/cameras/${id}/coverage`;
  const whole = await ask('GET', `${url}?from=${startMs - 3_600_000}&to=${startMs + 3_600_000}`);
  assert.equal(whole.status, 200);
  assert.deepEqual(whole.json, {
    streamId,
    role: 'main',
    expectedFromMs: startMs,
    knownToMs: startMs + 40_000,
    undecidedMs: 2_000,
    coveredMs: 30_000,
    missingMs: 10_000,
    percent: 75,
    gaps: [
      { cause: 'unreachable', count: 2, totalMs: 7_000 },
      { cause: 'crash', count: 1, totalMs: 3_000 },
    ],
    longestGap: { startMs, endMs: startMs + 5_000, causes: ['unreachable'], ongoing: false },
    lost: { pictures: 9, sounds: 0, packets: 21 },
  });
  const part = await ask('GET', `${url}?from=${startMs + 15_000}&to=${startMs + 27_000}&stream=main`);
  assert.deepEqual(
    { covered: part.json.coveredMs, missing: part.json.missingMs, undecided: part.json.undecidedMs },
    { covered: 10_000, missing: 2_000, undecided: 0 },
  );
  assert.deepEqual(part.json.lost, { pictures: 3, sounds: 0, packets: 7 });
});

test('coverage by days follows the clocks of the zone, and the days add up', async (context) => {
  const { ask, index, clock } = await startApi(context);
  // 1 March 2026, noon UTC; clocks go forward in Berlin on 29 March.
  const { id, streams } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  closeSegment(index, streams[0].id, clock.now(), 60);
  index.ledger.openGap(streams[0].id, unixMillis(clock.now() + 60_000), 'unreachable');
  clock.advance(31 * 86_400_000);
  const [from, to] = ['2026-03-28T23:00:00Z', '2026-03-30T10:00:00Z'];
  const url = `/api/v1/cameras/${id}/coverage`;
  const { json } = await ask('GET', `${url}?from=${from}&to=${to}&zone=Europe/Berlin`);
  const hours = json.days.map(({ date, missingMs }: { date: string; missingMs: number }) => [
    date,
    missingMs / 3_600_000,
  ]);
  assert.deepEqual(hours, [
    ['2026-03-29', 23],
    ['2026-03-30', 12],
  ]);
  assert.equal(json.missingMs, 35 * 3_600_000);
  assert.equal(json.percent, 0);
  assert.equal(json.days[0].longestGap.ongoing, true);
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
  ['coverage?from=1', 'to', 'request_invalid', /^to is missing\.$/],
  [
    'coverage?from=1&to=5&zone=Europe/Atlantis',
    'zone',
    'request_invalid',
    /^zone is "Europe\/Atlantis", but must be the IANA name/,
  ],
  [
    'coverage?from=2000-01-01T00:00:00Z&to=2026-01-01T00:00:00Z&zone=UTC',
    'to',
    'request_invalid',
    /^With zone, the window has 400 days at most\.$/,
  ],
  ['clip.mp4?from=1', 'to', 'request_invalid', /^to is missing\.$/],
  ['clip.mp4?from=5&to=4', 'to', 'request_invalid', /^to must be later than from\.$/],
  ['clip.mp4?from=1&to=5&gaps=skip', 'gaps', 'request_invalid', /^gaps must be one of close, keep\.$/],
  ['clip.mp4?from=1&to=5&stream=other', 'stream', 'stream_unknown', /^stream is "other"/],
  ['playlist.m3u8', 'from', 'request_invalid', /^from is missing\.$/],
  ['playlist.m3u8?from=1&audio=mp3', 'audio', 'request_invalid', /^audio must be one of recorded, flac\.$/],
  [
    'playlist.m3u8?from=1&tracks=audio',
    'tracks',
    'request_invalid',
    /^tracks must be one of all, video, key, h264\.$/,
  ],
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
