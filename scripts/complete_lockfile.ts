import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Adds to package-lock.json the platform builds that npm left out because the registry in use did not have them.
 *
 * Tools like biome name one optional package per platform. A registry mirror that lacks the one for, say, Windows
 * makes `npm install` drop it from the lock file without a word, and then `npm ci` refuses that lock file everywhere.
 * Run it after every change of dependencies: `node scripts/complete_lockfile.ts`.
 */
interface LockEntry {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, LockEntry> };

let added = 0;
for (const parent of Object.values({ ...lock.packages })) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const place = `node_modules/${name}`;
    if (lock.packages[place]) continue;
    lock.packages[place] = { version, ...(parent.dev && { dev: true }), optional: true, ...platformOf(name) };
    added++;
  }
}

const root = lock.packages[''];
const sorted = Object.entries(lock.packages)
  .filter(([place]) => place !== '')
  .sort(([a], [b]) => a.localeCompare(b, 'en'));
lock.packages = { ...(root && { '': root }), ...Object.fromEntries(sorted) };
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`package-lock.json: ${added} platform builds added`);

/** Platform packages carry theirs in the name: `cli-linux-x64-musl`, `binding-linux-arm-gnueabihf`. */
function platformOf(name: string): Pick<LockEntry, 'os' | 'cpu' | 'libc'> {
  const match = /-(android|darwin|freebsd|linux|openharmony|win32)-([a-z0-9]+)(?:-(\w+))?$/.exec(name);
  if (!match) throw new Error(`${name} is missing from package-lock.json and does not name its platform`);
  const [, os = '', cpu = '', abi = ''] = match;
  const libc = os !== 'linux' || abi === '' ? [] : [abi.startsWith('musl') ? 'musl' : 'glibc'];
  return { os: [os], cpu: [cpu], ...(libc.length > 0 && { libc }) };
}
