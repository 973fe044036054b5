import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowedHosts, checkRequestOrigin, type RequestHeaders } from './request_guard.ts';

const hosts = allowedHosts({ host: '127.0.0.1', port: 8080 });

const welcome: [what: string, headers: RequestHeaders][] = [
  ['a program by address', { host: '127.0.0.1:8080' }],
  ['a program by name', { host: 'localhost:8080' }],
  ['a program by IPv6', { host: '[::1]:8080' }],
  ['a name in capitals', { host: 'LocalHost:8080' }],
  [
    'our own page',
    { host: 'localhost:8080', origin: 'http://localhost:8080', 'sec-fetch-site': 'same-origin' },
  ],
  ['our page under our other name', { host: '127.0.0.1:8080', origin: 'http://localhost:8080' }],
  [
    'a link on another site',
    { host: 'localhost:8080', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
  ],
  [
    'an address that was typed',
    { host: 'localhost:8080', 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' },
  ],
];

for (const [what, headers] of welcome) {
  test(`${what} is welcome`, () => {
    checkRequestOrigin(headers, hosts);
  });
}

const refused: [what: string, headers: RequestHeaders, code: string, message: string][] = [
  ['no host', {}, 'host_forbidden', 'The host "" is not this server.'],
  [
    'a name that was rebound to us',
    { host: 'evil.example:8080' },
    'host_forbidden',
    'The host "evil.example:8080" is not this server.',
  ],
  [
    'another port',
    { host: 'localhost:9090' },
    'host_forbidden',
    'The host "localhost:9090" is not this server.',
  ],
  ['no port', { host: 'localhost' }, 'host_forbidden', 'The host "localhost" is not this server.'],
  [
    'a name that begins like ours',
    { host: 'localhost:8080.evil.example' },
    'host_forbidden',
    'The host "localhost:8080.evil.example" is not this server.',
  ],
  [
    'a page of another site',
    { host: 'localhost:8080', origin: 'https://evil.example' },
    'origin_forbidden',
    'The origin "https://evil.example" is not this server.',
  ],
  [
    'a page of another program on this machine',
    { host: 'localhost:8080', origin: 'http://localhost:3000' },
    'origin_forbidden',
    'The origin "http://localhost:3000" is not this server.',
  ],
  [
    'a page without an origin of its own',
    { host: 'localhost:8080', origin: 'null' },
    'origin_forbidden',
    'The origin "null" is not this server.',
  ],
  [
    'an image on another site',
    { host: 'localhost:8080', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
    'origin_forbidden',
    'A page of another site made this request.',
  ],
  [
    'a script of another port',
    { host: 'localhost:8080', 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' },
    'origin_forbidden',
    'A page of another site made this request.',
  ],
];

for (const [what, headers, code, message] of refused) {
  test(`${what} is refused`, () => {
    assert.throws(() => checkRequestOrigin(headers, hosts), { code, message });
  });
}

test('the address that we listen on is a name of ours', () => {
  assert(allowedHosts({ host: '127.0.0.5', port: 1 }).has('127.0.0.5:1'));
  assert(allowedHosts({ host: '::1', port: 1 }).has('[::1]:1'));
});

test('on port 80 the port may be left out', () => {
  assert(allowedHosts({ host: '127.0.0.1', port: 80 }).has('localhost'));
});
