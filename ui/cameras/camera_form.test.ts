import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CameraAnswer, StreamAnswer } from '../../src/api/contract.ts';
import { certificateError } from '../../src/rtsp/certificate.ts';
import {
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
  assert.deepEqual([...faultsOf({ ...formOf(garage), maxAgeDays: '0' })], [['maxAgeDays', 'days']]);
  assert.deepEqual([...faultsOf({ ...formOf(garage), maxAgeDays: '0.5' })], []);
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
