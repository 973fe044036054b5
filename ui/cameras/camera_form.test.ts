import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CameraAnswer, StreamAnswer } from '../../src/api/contract/camera.ts';
import { certificateError } from '../../src/rtsp/certificate.ts';
import { german } from '../messages/de.ts';
import { english, speak } from '../messages/message.ts';
import {
  type CameraForm,
  changedFields,
  emptyForm,
  faultsOf,
  followCamera,
  formOf,
  inputOf,
  isEncrypted,
  namedFingerprint,
  patchOf,
} from './camera_form.ts';

const stream = (role: 'main' | 'sub'): StreamAnswer => ({
  id: role,
  role,
  url: `rtsp://192.168.1.20/${role}`,
  transport: 'tcp',
  record: true,
  state: 'recording',
  stateReason: '',
  sinceMs: 0,
  codecs: [],
  bitsPerSecond: 0,
  framesPerSecond: 0,
});

const garage: CameraAnswer = {
  id: 'c1',
  name: 'Garage',
  address: '192.168.1.20',
  username: 'viewer',
  hasPassword: true,
  createdMs: 0,
  storageRoot: 'default',
  streams: [stream('main'), stream('sub')],
};

test('a form without changes patches nothing', () => {
  assert.equal(patchOf(garage, formOf(garage)), undefined);
  assert.equal(patchOf(garage, { ...formOf(garage), name: ' Garage ' }), undefined);
});

test('a patch holds what changed alone, and clears what was emptied', () => {
  const form = { ...formOf(garage), address: '', password: 'new', maxAgeDays: '14' };
  assert.deepEqual(patchOf(garage, form), { address: null, password: 'new', maxAgeDays: 14 });
});

test('streams are patched together and keep what the form does not show', () => {
  const form = formOf(garage);
  form.streams.sub.record = false;
  assert.deepEqual(patchOf(garage, form)?.streams, [
    { role: 'main', url: 'rtsp://192.168.1.20/main', record: true, transport: 'tcp' },
    { role: 'sub', url: 'rtsp://192.168.1.20/sub', record: false, transport: 'tcp' },
  ]);
  form.streams.sub.url = ' ';
  assert.equal(patchOf(garage, form)?.streams?.length, 1);
});

test('what was changed elsewhere is taken into fields that nobody touched, and is not sent back', () => {
  const now: CameraAnswer = {
    ...garage,
    name: 'Drive',
    maxAgeDays: 30,
    streams: [
      { ...stream('main'), record: false },
      { ...stream('sub'), url: 'rtsp://192.168.1.21/sub' },
    ],
  };
  const idle = followCamera(formOf(garage), formOf(garage), formOf(now));
  assert.deepEqual(idle, formOf(now));
  assert.equal(patchOf(now, idle), undefined);

  const typed = { ...formOf(garage), username: 'admin', password: 'new' };
  typed.streams.main.url = 'rtsp://192.168.1.20/best';
  const followed = followCamera(typed, formOf(garage), formOf(now));
  assert.deepEqual(patchOf(now, followed), {
    username: 'admin',
    password: 'new',
    streams: [
      { role: 'main', url: 'rtsp://192.168.1.20/best', record: false, transport: 'tcp' },
      { role: 'sub', url: 'rtsp://192.168.1.21/sub', record: true, transport: 'tcp' },
    ],
  });
});

test('a field in which somebody typed keeps that, whatever is changed elsewhere', () => {
  const typed = { ...formOf(garage), name: 'Workshop' };
  const now: CameraAnswer = { ...garage, name: 'Drive' };
  const followed = followCamera(typed, formOf(garage), formOf(now));
  assert.deepEqual(patchOf(now, followed), { name: 'Workshop' });
});

test('a new camera is sent without the fields that were left empty', () => {
  const form = {
    ...emptyForm,
    name: 'Shed',
    streams: { ...emptyForm.streams, main: { ...emptyForm.streams.main, url: 'rtsp://h/a' } },
  };
  assert.deepEqual(inputOf(form), {
    name: 'Shed',
    streams: [{ role: 'main', url: 'rtsp://h/a', record: true }],
  });
});

test('what is missing is known before the server is asked', () => {
  assert.deepEqual([...faultsOf(emptyForm).keys()], ['name', 'streams.0.url']);
  assert.deepEqual([...faultsOf({ ...formOf(garage), maxAgeDays: '0' }).keys()], ['maxAgeDays']);
  assert.deepEqual([...faultsOf({ ...formOf(garage), maxAgeDays: '0.5' })], []);
});

test('limits are typed in days, gigabytes and hours, and sent as the server counts', () => {
  const form = {
    ...formOf(garage),
    maxAgeDays: '14',
    eventMaxAgeDays: ' 60 ',
    maxBytes: '1.5',
    minAgeHours: '0',
  };
  const sent = { maxAgeDays: 14, eventMaxAgeDays: 60, maxBytes: 1_500_000_000, minAgeHours: 0 };
  assert.deepEqual(patchOf(garage, form), sent);
  const known = { ...garage, ...sent };
  assert.equal(patchOf(known, formOf(known)), undefined);
  assert.deepEqual(patchOf(known, { ...formOf(known), maxBytes: '', minAgeHours: ' ' }), {
    maxBytes: null,
    minAgeHours: null,
  });
  const followed = followCamera({ ...formOf(garage), maxBytes: '2' }, formOf(garage), formOf(known));
  assert.deepEqual(patchOf(known, followed), { maxBytes: 2_000_000_000 });
});

test('a limit of bytes goes to gigabytes and back unchanged', () => {
  for (const maxBytes of [1_000_000, 123_456_789, 4_000_000_007, 999_999_999_999_999, 1e15]) {
    const form = { ...formOf({ ...garage, maxBytes }), name: 'Drive' };
    assert.deepEqual(inputOf(form).maxBytes, maxBytes);
    assert.deepEqual(faultsOf(form).size, 0, form.maxBytes);
  }
});

const notDecimal = 'A number such as 14 or 1.5, or nothing.';
const refused: [what: string, typed: Partial<CameraForm>, wrong: [field: string, words: string]][] = [
  ['words', { eventMaxAgeDays: 'two' }, ['eventMaxAgeDays', notDecimal]],
  ['hexadecimal', { maxAgeDays: '0x10' }, ['maxAgeDays', notDecimal]],
  ['an exponent', { maxAgeDays: '1e2' }, ['maxAgeDays', notDecimal]],
  ['a figure and its unit', { maxBytes: '5 GB' }, ['maxBytes', notDecimal]],
  ['two decimal signs', { maxBytes: '1.000,5' }, ['maxBytes', notDecimal]],
  ['no end', { maxAgeDays: 'Infinity' }, ['maxAgeDays', notDecimal]],
  ['too few days', { maxAgeDays: '0.0005' }, ['maxAgeDays', 'At least 0.001\u202fdays, or nothing.']],
  ['too many days', { maxAgeDays: '36501' }, ['maxAgeDays', 'At most 36500\u202fdays, or nothing.']],
  ['no bytes', { maxBytes: '0' }, ['maxBytes', 'At least 0.001\u202fGB, or nothing.']],
  ['too many bytes', { maxBytes: '1000001' }, ['maxBytes', 'At most 1000000\u202fGB, or nothing.']],
  ['less than no hours', { minAgeHours: '-1' }, ['minAgeHours', 'At least 0\u202fhours, or nothing.']],
  [
    'too many hours',
    { minAgeHours: '9'.repeat(400) },
    ['minAgeHours', 'At most 876000\u202fhours, or nothing.'],
  ],
  [
    'a comma that may part thousands, since footage would go after a day and a half',
    { maxAgeDays: '1,500' },
    ['maxAgeDays', '1,500 can be read in two ways: type 1500 or 1.5.'],
  ],
  [
    'a guarantee for longer than footage is kept',
    { maxAgeDays: '0,1', minAgeHours: '3' },
    ['minAgeHours', 'At most 2.4\u202fhours, since footage is kept for 0.1\u202fdays.'],
  ],
  [
    'one for longer than a day',
    { maxAgeDays: '1', minAgeHours: '24.01' },
    ['minAgeHours', 'At most 24\u202fhours, since footage is kept for 1\u202fday.'],
  ],
];

for (const [what, typed, wrong] of refused) {
  test(`a limit is refused in the words and the unit of its field: ${what}`, () => {
    assert.deepEqual([...faultsOf({ ...formOf(garage), ...typed })], [wrong]);
  });
}

test('what parts thousands in German is refused there, and its comma parts none', (context) => {
  speak(german);
  context.after(() => speak(english));
  assert.deepEqual(
    [...faultsOf({ ...formOf(garage), maxAgeDays: '1.500' })],
    [['maxAgeDays', '1.500 ist nicht eindeutig: 1500 oder 1,5 eingeben.']],
  );
  const form = formOf({ ...garage, maxBytes: 1_125_000_000 });
  assert.equal(form.maxBytes, '1,125');
  assert.deepEqual([...faultsOf(form)], []);
  assert.equal(inputOf({ ...form, name: 'Drive' }).maxBytes, 1_125_000_000);
});

test('a limit is a decimal number, with a point or a comma', () => {
  for (const [typed, sent] of [
    ['1.5', 1.5],
    [' 1,5 ', 1.5],
    ['0,001', 0.001],
    ['1.500', 1.5],
    ['1500', 1500],
    ['007', 7],
    ['36500', 36_500],
  ] as const) {
    const form = { ...formOf(garage), maxAgeDays: typed };
    assert.deepEqual([...faultsOf(form)], [], typed);
    assert.deepEqual(patchOf(garage, form), { maxAgeDays: sent });
  }
});

test('a guarantee may last as long as footage is kept, to the hour, and is not compared with what is no age', () => {
  for (const [maxAgeDays, minAgeHours] of [
    ['0.1', '2.4'],
    ['0.7', '16.8'],
    ['', '100'],
  ] as const) {
    assert.deepEqual([...faultsOf({ ...formOf(garage), maxAgeDays, minAgeHours })], []);
  }
  assert.deepEqual(
    [...faultsOf({ ...formOf(garage), maxAgeDays: 'x', minAgeHours: '100' }).keys()],
    ['maxAgeDays'],
  );
});

test('what the server has is written as it may be typed, however small', () => {
  const form = formOf({ ...garage, minAgeHours: 1e-7, maxBytes: 1e15 });
  assert.deepEqual([form.minAgeHours, form.maxBytes], ['0.0000001', '1000000']);
  assert.deepEqual([...faultsOf(form)], []);
});

test('fields in which two forms differ are named as the server names them', () => {
  const form = structuredClone(emptyForm);
  form.name = 'Shed';
  form.streams.sub.url = 'rtsp://h/a';
  assert.deepEqual(changedFields(emptyForm, form), ['name', 'streams.1.url']);
});

test('a transport and a trusted certificate are sent when they were chosen, and taken back when cleared', () => {
  const form = structuredClone(emptyForm);
  form.name = 'Shed';
  form.tlsFingerprint = ' AB:CD ';
  Object.assign(form.streams.main, { url: 'rtsps://h/a', transport: 'http' });
  assert.equal(isEncrypted(form), true);
  assert.deepEqual(inputOf(form), {
    name: 'Shed',
    tlsFingerprint: 'AB:CD',
    streams: [{ role: 'main', url: 'rtsps://h/a', record: true, transport: 'http' }],
  });
  const known = { ...garage, tlsFingerprint: 'AB:CD' };
  const changed = formOf(known);
  assert.equal(isEncrypted(changed), false);
  changed.tlsFingerprint = '';
  changed.streams.main.transport = 'auto';
  const patch = patchOf(known, changed);
  assert.equal(patch?.tlsFingerprint, null);
  assert.equal(patch?.streams?.[0]?.transport, 'auto');
});

test('the fingerprint of an unknown certificate is read from what the server says about it', () => {
  const shown = { fingerprint: 'ab'.repeat(32), doubt: 'self-signed certificate' };
  const error = certificateError(shown, undefined, 'rtsps://h/a');
  assert.equal(namedFingerprint(error!.message), shown.fingerprint);
  assert.equal(namedFingerprint('The camera does not answer.'), undefined);
});

test('the disk that a camera is recorded to is sent when it is another one', () => {
  const form = { ...formOf(garage), storageRoot: 'disk2' };
  assert.deepEqual(patchOf(garage, form), { storageRoot: 'disk2' });
  assert.equal(inputOf(form).storageRoot, 'disk2');
  assert.equal(inputOf(formOf(garage)).storageRoot, undefined);
  const moved = formOf({ ...garage, storageRoot: 'disk3' });
  assert.equal(followCamera(formOf(garage), formOf(garage), moved).storageRoot, 'disk3');
});
