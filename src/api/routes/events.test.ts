import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frontDoor, startApi } from '../../../test/fixtures/api_server.ts';

const second = 1_000;
const day = 86_400 * second;

async function withCamera(context: import('node:test').TestContext) {
  const api = await startApi(context);
  const camera = (await api.ask('POST', '/api/v1/cameras', frontDoor)).json;
  const events = `/api/v1/cameras/${camera.id}/events`;
  return { ...api, camera, events, nowMs: api.clock.now() };
}

test('an event goes on until it is ended, and is found by time and on the timeline', async (context) => {
  const { ask, camera, events, nowMs, clock, journal } = await withCamera(context);
  const input = { type: 'tns1:RuleEngine/Motion', source: 'gate', data: { zone: [1, 2] } };
  const told = await ask('POST', events, input);
  assert.equal(told.status, 201);
  assert.equal(told.headers.location, `${events}/${told.json.id}`);
  const { id } = told.json;
  assert.deepEqual(told.json, { id, cameraId: camera.id, ...input, startMs: nowMs, createdMs: nowMs });
  clock.advance(10 * second);
  const timeline = async () => {
    const window = `from=${nowMs}&to=${nowMs + 60 * second}`;
    return (await ask('GET', `/api/v1/cameras/${camera.id}/timeline?${window}`)).json.events;
  };
  const shown = { type: input.type, startMs: nowMs, endMs: nowMs + 10 * second, count: 1 };
  assert.deepEqual(await timeline(), [{ ...shown, ongoing: true }]);
  const ended = await ask('PATCH', `${events}/${id}`, { data: { zone: 3 } });
  assert.equal(ended.status, 200);
  assert.deepEqual(ended.json, { ...told.json, endMs: nowMs + 10 * second, data: { zone: 3 } });
  assert.deepEqual(await timeline(), [{ ...shown, ongoing: false }]);
  assert.equal((await ask('PATCH', `${events}/${id}`, {})).json.code, 'event_ended');
  const found = await ask('GET', `${events}?from=${nowMs}&to=${nowMs + 1}`);
  assert.deepEqual(found.json, { events: [ended.json], complete: true });
  assert.deepEqual(JSON.parse(JSON.stringify(journal)), [
    { id, cameraId: camera.id, ...input, startMs: nowMs, createdMs: nowMs },
    { id, endMs: nowMs + 10 * second, data: { zone: 3 } },
  ]);
});

test('on a coarse timeline events of one type that begin within eight steps are one, with their count', async (context) => {
  const { ask, camera, events, nowMs } = await withCamera(context);
  const from = Math.floor(nowMs / 80_000) * 80_000 - 80_000;
  for (const [type, at] of [
    ['motion', 0],
    ['person', 5],
    ['motion', 7],
    ['motion', 9],
  ] as const) {
    const startMs = from + at * second;
    const { status } = await ask('POST', events, { type, source: 'x', startMs, endMs: startMs + 500 });
    assert.equal(status, 201);
  }
  const at = async (resolution: string) => {
    const window = `from=${from}&to=${from + 80 * second}${resolution}`;
    const { json } = await ask('GET', `/api/v1/cameras/${camera.id}/timeline?${window}`);
    return json.events.map(({ type, startMs, count }: { type: string; startMs: number; count: number }) => {
      return [type, (startMs - from) / second, count];
    });
  };
  assert.deepEqual(await at('&resolutionMs=1000'), [
    ['motion', 0, 2],
    ['person', 5, 1],
    ['motion', 9, 1],
  ]);
  assert.equal((await at('')).length, 4);
});

test('who listens for updates is told where an event began, and where it was shown when it ends', async (context) => {
  const { ask, camera, events, nowMs, clock, updates } = await withCamera(context);
  const heard: unknown[] = [];
  const leave = updates.connect({
    send(text) {
      const data = /event: camera_events\ndata: (.*)/.exec(text)?.[1];
      if (data !== undefined) heard.push(JSON.parse(data));
      return true;
    },
    close: () => {},
  });
  const { id } = (await ask('POST', events, { type: 'motion', source: 'x', startMs: nowMs - 500 })).json;
  clock.advance(10 * second);
  await ask('PATCH', `${events}/${id}`, { endMs: nowMs });
  leave();
  const { id: cameraId } = camera;
  assert.deepEqual(heard, [
    { cameraId, fromMs: nowMs - 500, toMs: nowMs },
    { cameraId, fromMs: nowMs - 500, toMs: nowMs + 10 * second },
  ]);
});

test('events are listed up to a limit, which is told', async (context) => {
  const { ask, events, nowMs } = await withCamera(context);
  for (const [index, type] of ['motion', 'line', 'motion'].entries()) {
    const startMs = nowMs - 100 + index;
    await ask('POST', events, { type, source: 'x', startMs, endMs: startMs });
  }
  const list = async (more: string) => {
    const { json } = await ask('GET', `${events}?from=${nowMs - 1_000}&to=${nowMs}${more}`);
    return [json.events.map(({ startMs }: { startMs: number }) => startMs - nowMs + 100), json.complete];
  };
  assert.deepEqual(await list(''), [[0, 1, 2], true]);
  assert.deepEqual(await list('&type=motion'), [[0, 2], true]);
  assert.deepEqual(await list('&limit=2'), [[0, 1], false]);
});

const bad: readonly (readonly [name: string, input: object, field: string])[] = [
  ['no type', { source: 'x' }, 'type'],
  ['a type with blanks', { type: 'a b', source: 'x' }, 'type'],
  ['an end before the start', { type: 'a', source: 'x', startMs: 10, endMs: 9 }, 'endMs'],
  ['a week and more', { type: 'a', source: 'x', startMs: 10, endMs: 11 + 7 * day }, 'startMs'],
  ['the future', { type: 'a', source: 'x', startMs: 9e12 }, 'startMs'],
  ['an end in the future', { type: 'a', source: 'x', endMs: 9e12 }, 'endMs'],
  ['more data than allowed', { type: 'a', source: 'x', data: { text: 'é'.repeat(2_100) } }, 'data'],
  ['a type that ends a line', { type: 'a\n', source: 'x' }, 'type'],
  ['a source of two lines', { type: 'a', source: 'gate\nsensor' }, 'source'],
  ['a source that ends a line', { type: 'a', source: 'gate\n' }, 'source'],
  ['a source with a zero', { type: 'a', source: 'gate\0' }, 'source'],
  ['a source that colours a terminal', { type: 'a', source: '\u001b[31mgate' }, 'source'],
  ['a source with a C1 control character', { type: 'a', source: 'gate\u009b31m' }, 'source'],
  ['a source with a line separator', { type: 'a', source: 'gate\u2028sensor' }, 'source'],
  ['data that are no object', { type: 'a', source: 'x', data: 'text' }, 'data'],
];

for (const [name, input, field] of bad) {
  test(`an event with ${name} is refused`, async (context) => {
    const { ask, events, nowMs, journal } = await withCamera(context);
    const answer = await ask('POST', events, input);
    assert.equal(answer.status, 400);
    assert.equal(answer.json.errors[0].field, field);
    const { json } = await ask('GET', `${events}?from=0&to=${nowMs + day}`);
    assert.deepEqual([json.events, journal], [[], []]);
  });
}

test('a source may be any printable line, and who sends another is told so', async (context) => {
  const { ask, events } = await withCamera(context);
  for (const source of ['Tür 2 (Süd) – "links"', '車庫', '🚪', 'a']) {
    assert.equal((await ask('POST', events, { type: 'a', source })).json.source, source);
  }
  const { json } = await ask('POST', events, { type: 'a', source: 'a\tb' });
  assert.deepEqual(
    [json.code, json.detail],
    ['request_invalid', 'source must be one line of printable text.'],
  );
});

test('events of unknown cameras and unknown events are not found', async (context) => {
  const { ask, events } = await withCamera(context);
  const input = { type: 'motion', source: 'x' };
  assert.equal((await ask('POST', '/api/v1/cameras/none/events', input)).json.code, 'camera_unknown');
  assert.equal((await ask('GET', '/api/v1/cameras/none/events?from=0&to=1')).json.code, 'camera_unknown');
  assert.equal((await ask('PATCH', `${events}/none`, {})).json.code, 'event_unknown');
});
