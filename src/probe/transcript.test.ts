import assert from 'node:assert/strict';
import test from 'node:test';
import { Headers, type RtspResponse } from '../rtsp/message.ts';
import { SecretMask } from '../rtsp/secret_mask.ts';
import { Transcript } from './transcript.ts';

const password = 'correcthorse';

const reply = (body: string, fields: [string, string][] = []): RtspResponse => ({
  kind: 'response',
  status: 200,
  reason: 'OK',
  headers: new Headers(fields),
  body: Buffer.from(body),
});

test('a camera that says much without end costs time only until the transcript is full', () => {
  const mask = new SecretMask({ username: 'joe', password });
  let looked = 0;
  const { beginning, field } = mask;
  mask.beginning = (...given) => {
    looked++;
    return beginning.apply(mask, given);
  };
  mask.field = (...given) => {
    looked++;
    return field.apply(mask, given);
  };
  const transcript = new Transcript(mask, () => 0);
  const flood = reply(`${'x'.repeat(60)}\n`.repeat(1_000));
  for (let count = 0; count < 20; count++) transcript.message('received', flood);
  const lookedWhenFull = looked;
  for (let count = 0; count < 1_000; count++) {
    transcript.message('received', flood);
    transcript.head('received', 'HTTP/1.1 200 OK');
    transcript.note('once more');
  }
  assert.equal(looked, lookedWhenFull);
  assert.equal(transcript.entries.at(-1)?.text, 'What follows is left out.');
  assert(transcript.entries.length < 20);
});

test('what is cut off ends in no part of a password', () => {
  const transcript = new Transcript(new SecretMask({ username: 'joe', password }), () => 0);
  const long = `${password} `.repeat(10_000);
  transcript.message('received', reply(long, [['X-Long', long]]));
  transcript.message(
    'received',
    reply(
      '',
      Array.from({ length: 5_000 }, () => [password, password]),
    ),
  );
  transcript.head('received', `HTTP/1.1 200 ${long}\r\n${long}`);
  transcript.note(long);
  for (const { text } of transcript.entries) {
    assert(text.length <= 16 * 1024);
    assert.doesNotMatch(text, /corr|horse/);
  }
});
