import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificateError, readFingerprint } from './certificate.ts';

const ours = Array(32).fill('A7').join(':');
const other = Array(32).fill('0F').join(':');
const url = 'rtsps://camera/1';

const spellings: readonly [name: string, text: string][] = [
  ['with colons', ours],
  ['in lower case without colons', 'a7'.repeat(32)],
  ['as openssl prints it', `SHA256 Fingerprint=${ours}\n`],
  ['with the name of the hash', `sha-256: ${ours.replaceAll(':', ' ')}`],
];

for (const [name, text] of spellings) {
  test(`a fingerprint is read ${name}`, () => assert.equal(readFingerprint(text), ours));
}

const noFingerprints: readonly [name: string, text: string][] = [
  ['nothing', ''],
  ['a fingerprint of SHA-1', Array(20).fill('A7').join(':')],
  ['a digit too many', `${ours}0`],
  ['words', 'trust it'],
];

for (const [name, text] of noFingerprints) {
  test(`${name} is no fingerprint`, () => {
    assert.throws(() => readFingerprint(text), {
      code: 'request_invalid',
      place: { field: 'tlsFingerprint' },
    });
  });
}

const shown: readonly [
  name: string,
  certificate: Parameters<typeof certificateError>[0],
  trusted: string | undefined,
  code: string | undefined,
  message?: RegExp,
][] = [
  ['vouched for', { fingerprint: ours, doubt: undefined }, undefined, undefined],
  ['self-signed and trusted', { fingerprint: ours, doubt: 'self signed' }, ours, undefined],
  [
    'self-signed and seen for the first time',
    { fingerprint: ours, doubt: 'depth zero self signed cert' },
    undefined,
    'camera_certificate_unknown',
    new RegExp(`^rtsps://camera/1: nobody .*depth zero self signed cert.* fingerprint is ${ours}\\.$`),
  ],
  [
    'another one than the trusted',
    { fingerprint: other, doubt: 'self signed' },
    ours,
    'camera_certificate_changed',
    new RegExp(`Trusted is SHA-256 ${ours}, shown is ${other}\\.$`),
  ],
  [
    'vouched for, but not the trusted one',
    { fingerprint: other, doubt: undefined },
    ours,
    'camera_certificate_changed',
  ],
  ['none', { fingerprint: undefined, doubt: 'none' }, undefined, 'camera_tls_failed'],
];

for (const [name, certificate, trusted, code, message] of shown) {
  test(`C35: a certificate that is ${name} ${code === undefined ? 'is trusted' : `is refused as ${code}`}`, () => {
    const error = certificateError(certificate, trusted, url);
    assert.equal(error?.code, code);
    if (message) assert.match(error!.message, message);
    if (error) assert.equal(error.place.url, url);
  });
}
