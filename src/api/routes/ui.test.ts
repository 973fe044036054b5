import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { startApi } from '../../../test/fixtures/api_server.ts';

const page = '<!doctype html><title>Nightjar</title>';

/** A server with a built interface of a few files. */
async function startWithUi(context: TestContext) {
  const folder = mkdtempSync(path.join(tmpdir(), 'nightjar-ui-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const uiDir = path.join(folder, 'dist');
  mkdirSync(path.join(uiDir, 'assets'), { recursive: true });
  writeFileSync(path.join(folder, 'secret.txt'), 'outside');
  writeFileSync(path.join(uiDir, 'index.html'), page);
  writeFileSync(path.join(uiDir, 'icon.svg'), '<svg/>');
  writeFileSync(path.join(uiDir, '.sources'), 'hidden');
  writeFileSync(path.join(uiDir, 'assets/main-4f1d.js'), 'void 0;');
  writeFileSync(path.join(uiDir, 'assets/main-77aa.css'), 'a{}');
  return { uiDir, ...(await startApi(context, {}, { uiDir })) };
}

for (const url of [
  '/',
  '/live',
  '/timeline?camera=a&at=1',
  '/cameras',
  '/cameras/add',
  '/cameras/7d778a15',
  '/storage',
]) {
  test(`${url} is the page of the interface, asked for again each time`, async (context) => {
    const { ask } = await startWithUi(context);
    const { status, headers, text } = await ask('GET', url, undefined, { accept: 'text/html,*/*;q=0.8' });
    assert.equal(status, 200);
    assert.equal(text, page);
    assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    assert.equal(headers['cache-control'], 'no-cache');
    assert.equal((await ask('HEAD', url)).status, 200);
    const again = await ask('GET', url, undefined, { 'if-none-match': String(headers.etag) });
    assert.equal(again.status, 304);
  });
}

test('the page may load from here alone, and nothing inline', async (context) => {
  const { ask } = await startWithUi(context);
  for (const url of ['/', '/cameras/add', '/assets/main-4f1d.js']) {
    const { headers } = await ask('GET', url);
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
    assert.match(policy, /; frame-ancestors 'none'$/);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
  }
});

const files: [url: string, type: string, caching: string][] = [
  ['/assets/main-4f1d.js', 'application/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
  ['/assets/main-77aa.css', 'text/css; charset=utf-8', 'public, max-age=31536000, immutable'],
  ['/icon.svg', 'image/svg+xml', 'no-cache'],
];

for (const [url, type, caching] of files) {
  test(`${url} comes with its type, and is cached as its name allows`, async (context) => {
    const { ask } = await startWithUi(context);
    const { status, headers } = await ask('GET', url);
    assert.equal(status, 200);
    assert.equal(headers['content-type'], type);
    assert.equal(headers['cache-control'], caching);
    assert.equal(typeof headers.etag, 'string');
  });
}

const absent: [what: string, method: 'GET' | 'POST' | 'HEAD', url: string, headers: object][] = [
  ['a page that the interface does not have', 'GET', '/nowhere', {}],
  ['an asset of an older build', 'GET', '/assets/main-0000.js', {}],
  ['an unknown address of the API', 'GET', '/api/v1/nothing', { accept: 'text/html' }],
  ['a page for a program that wants JSON', 'GET', '/cameras', { accept: 'application/json' }],
  ['something sent to a page', 'POST', '/live', { accept: 'text/html' }],
  ['a hidden file', 'GET', '/.sources', {}],
  ['a folder', 'GET', '/assets/', {}],
  ['a file outside', 'GET', '/..%2fsecret.txt', {}],
  ['a file outside by way of a page', 'GET', '/cameras/../../secret.txt', { accept: 'application/json' }],
  ['a file outside by way of the assets', 'GET', '/assets/..%2f..%2fsecret.txt', {}],
  ['a name with a zero', 'GET', '/assets/%00', {}],
  ['a file below a file', 'GET', '/index.html/more', {}],
  ['a name longer than a file can have', 'GET', `/${'x'.repeat(5_000)}`, {}],
  ['a path of double slashes', 'GET', '//assets//main-4f1d.js', {}],
];

for (const [what, method, url, headers] of absent) {
  test(`${what} is not there, in words`, async (context) => {
    const { ask } = await startWithUi(context);
    const { status, json, headers: answered } = await ask(method, url, undefined, headers);
    assert.equal(status, 404);
    assert.equal(json.code, 'not_found');
    assert.equal(answered['cache-control'], 'no-store');
  });
}

test('an interface that was not built is told in words, and is there once it is built', async (context) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'nightjar-ui-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const uiDir = path.join(folder, 'dist');
  const { ask } = await startApi(context, {}, { uiDir });
  const missing = await ask('GET', '/');
  assert.equal(missing.status, 503);
  assert.match(missing.text, /has not been built.*"npm start".*\/docs explains/s);
  assert.equal((await ask('GET', '/cameras/add')).status, 503);
  mkdirSync(uiDir);
  writeFileSync(path.join(uiDir, 'index.html'), page);
  assert.equal((await ask('GET', '/')).text, page);
});
