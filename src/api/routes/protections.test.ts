import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frontDoor, startApi } from '../../../test/fixtures/api_server.ts';

const url = '/api/v1/protections';

test('footage of a camera, and of all for ever, is protected until it is released; all on record', async (context) => {
  const { ask, clock, journal, logLines } = await startApi(context);
  const camera = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  const nowMs = clock.now();
  const one = await ask('POST', url, {
    cameraId: camera.id,
    startMs: 1_000,
    endMs: 2_000,
    reason: ' burglary ',
    by: 'Ann',
  });
  assert.equal(one.status, 201);
  assert.equal(one.headers.location, `${url}/${one.json.id}`);
  const { id } = one.json;
  const own = { startMs: 1_000, endMs: 2_000, reason: 'burglary', createdBy: 'Ann', createdMs: nowMs };
  assert.deepEqual(one.json, { id, cameraId: camera.id, cameraName: 'Front door', ...own });
  const all = await ask('POST', url, { cameraId: null, startMs: 0, endMs: null, reason: 'court', by: 'Bob' });
  assert.deepEqual((await ask('GET', url)).json, { protections: [one.json, all.json] });

  assert.equal((await ask('DELETE', `${url}/${id}`)).json.errors[0].field, 'by');
  assert.equal((await ask('DELETE', `${url}/${id}?by=Cy&reason=%20`)).json.errors[0].field, 'reason');
  assert.equal((await ask('DELETE', `${url}/${id}?by=Cy&reason=closed`)).status, 204);
  assert.equal((await ask('DELETE', `${url}/${id}?by=Cy&reason=closed`)).json.code, 'protection_unknown');
  assert.deepEqual((await ask('GET', url)).json, { protections: [all.json] });
  const { cameraName: _, ...kept } = one.json;
  assert.deepEqual(JSON.parse(JSON.stringify(journal)), [
    kept,
    all.json,
    { id, releasedMs: nowMs, releasedBy: 'Cy', reason: 'closed' },
  ]);
  assert.ok(logLines.some((line) => /not protected any more/.test(line) && /"releasedBy":"Cy"/.test(line)));
});

const bad: readonly (readonly [name: string, input: object, status: number, field: string])[] = [
  ['without a reason', { startMs: 0, by: 'Ann' }, 400, 'reason'],
  ['with a blank name', { startMs: 0, by: '  ', reason: 'x' }, 400, 'by'],
  ['of two lines', { startMs: 0, by: 'Ann', reason: 'x\ny' }, 400, 'reason'],
  ['that ends before it begins', { startMs: 5, endMs: 5, by: 'Ann', reason: 'x' }, 400, 'endMs'],
  ['of an unknown camera', { cameraId: 'none', startMs: 0, by: 'Ann', reason: 'x' }, 404, 'cameraId'],
];

for (const [name, input, status, field] of bad) {
  test(`a protection ${name} is refused`, async (context) => {
    const { ask, journal } = await startApi(context);
    const answer = await ask('POST', url, input);
    assert.equal(answer.status, status);
    assert.equal(answer.json.errors[0].field, field);
    assert.deepEqual([(await ask('GET', url)).json.protections, journal], [[], []]);
  });
}
