import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoffMs } from './backoff.ts';
import { problemOf } from './problem.ts';

test('problem details become what happened, what to do, and what is wrong with which field', () => {
  const body = {
    type: 'urn:nightjar:request_invalid',
    title: 'The request is not valid.',
    status: 400,
    code: 'request_invalid',
    detail: 'name must not be blank.',
    advice: 'Correct it.',
    errors: [
      { field: 'name', detail: 'name must not be blank.' },
      { field: 'streams.0.url', detail: 'streams.0.url: This is no URL.' },
    ],
  };
  const problem = problemOf(400, body);
  assert.equal(problem.code, 'request_invalid');
  assert.equal(problem.advice, 'Correct it.');
  assert.deepEqual(
    [...problem.fields],
    [
      ['name', 'name must not be blank.'],
      ['streams.0.url', 'This is no URL.'],
    ],
  );
});

test('an answer that is no problem details still says what to do', () => {
  for (const body of [undefined, 'Bad gateway', {}, { code: 5 }]) {
    const problem = problemOf(502, body);
    assert.equal(problem.code, 'unreadable');
    assert.match(problem.detail, /502/);
    assert.notEqual(problem.advice, '');
  }
});

test('attempts come after half a second at first and ten at last, less some by chance', () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 99].map((failures) => backoffMs(failures, () => 0)),
    [500, 1000, 2000, 4000, 8000, 10000, 10000],
  );
  assert.equal(
    backoffMs(99, () => 1),
    7500,
  );
});
