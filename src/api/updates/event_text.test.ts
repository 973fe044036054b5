import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { eventText, keepAliveText, retryText } from './event_text.ts';

test('an event is its name, one line of JSON and an empty line', () => {
  const text = eventText('camera_removed', { id: 'a' });
  assert.equal(text, 'event: camera_removed\ndata: {"id":"a"}\n\n');
});

test('nothing that a text can hold ends an event early', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (id) => {
      const lines = eventText('camera_removed', { id }).split(/\r\n|\r|\n/);
      assert.equal(lines.length, 4);
      const [, data = ''] = lines;
      assert.deepEqual(JSON.parse(data.slice('data: '.length)), { id });
    }),
  );
});

test('what keeps a connection alive is a comment', () => {
  assert.equal(keepAliveText, ': alive\n\n');
  assert.equal(retryText(2_000), 'retry: 2000\n\n');
});
