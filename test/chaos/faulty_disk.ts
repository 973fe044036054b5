/**
 * Loaded before everything else into each thread of a recorder under test (`node --import`). It replaces the functions of
 * `node:fs`, through which the shells of the product reach the disk, by ones that note, delay, fail or end the process
 * as the plan says. The product has no hook for it, and is the same to the byte.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isMainThread, threadName } from 'node:worker_threads';
import type { ChaosPlan, Moment, NotedCall, NotedFailure, NotedKill } from './chaos_plan.ts';
import { planVariable } from './chaos_plan.ts';
import { faultySqlite } from './faulty_sqlite.ts';
import { type Operation, StepNames } from './step_names.ts';

const plan = JSON.parse(process.env[planVariable]!) as ChaosPlan;
const thread = isMainThread ? 'main' : 'recorder';
const names = new StepNames(thread);
/** The functions as they were. */
const real = { ...fs, promises: { ...fs.promises } };
const noteFile = real.openSync(path.join(plan.notes, `calls-${thread}.jsonl`), 'a');
const filesOfDescriptors = new Map<number, string>();
const timesOfSteps = new Map<string, number>();
let callsThatMayFail = 0;
let hasFailed = false;

interface DiskCall {
  readonly operation: Operation;
  /** Absolute. */
  readonly file: string;
  readonly kind?: NotedCall['kind'];
  readonly offset?: number | undefined;
  readonly bytes?: number;
  readonly from?: string;
  readonly recursive?: boolean;
}

/** Which moment of this step the process is to end at, if at all. */
function fatalMoment(step: string): Moment | undefined {
  if (plan.kill?.step !== step) return undefined;
  const times = (timesOfSteps.get(step) ?? 0) + 1;
  timesOfSteps.set(step, times);
  return times === plan.kill.nth ? plan.kill.moment : undefined;
}

function die(step: string, moment: Moment): never {
  const kill: NotedKill = { atMs: Date.now(), step, moment };
  real.writeFileSync(path.join(plan.notes, 'killed.json'), JSON.stringify(kill));
  process.kill(process.pid, 'SIGKILL');
  // Nothing more happens on this thread.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  throw new Error('unreachable');
}

function isOurs(file: unknown): file is string {
  const folders = [plan.recordings, ...(plan.slow ? [plan.slow.folder] : [])];
  return (
    typeof file === 'string' && folders.some((folder) => file === folder || file.startsWith(`${folder}/`))
  );
}

/** Whether a call is the one that is to fail. */
function isToFail(step: string): boolean {
  const { fail } = plan;
  if (fail?.thread !== thread || hasFailed || (fail.step !== undefined && fail.step !== step)) return false;
  callsThatMayFail++;
  return callsThatMayFail === fail.nth;
}

let slowUntilMs = 0;

/** A disk does one thing after the other. */
async function takeTime(bytes: number, bytesPerSecond: number): Promise<void> {
  const nowMs = performance.now();
  slowUntilMs = Math.max(nowMs, slowUntilMs) + (bytes / bytesPerSecond) * 1000;
  await pause(slowUntilMs - nowMs);
}

/** The product reaches files of a storage root through a descriptor of its folder: such a path as it is otherwise called. */
function unpinned<File>(file: File): File | string {
  const [, fd, rest] = /^\/proc\/self\/fd\/(\d+)(.*)$/.exec(String(file)) ?? [];
  const folder = fd === undefined ? undefined : filesOfDescriptors.get(Number(fd));
  return folder === undefined ? file : `${folder}${rest}`;
}

const relative = (file: string) => path.relative(plan.recordings, file);

function note(call: DiskCall, step: string, beganNs: bigint, before: string | undefined): void {
  if (!call.kind) return;
  const line: NotedCall = {
    beganNs: `${beganNs}`,
    endedNs: `${process.hrtime.bigint()}`,
    step,
    kind: call.kind,
    file: relative(call.file),
    ...(call.offset !== undefined && { offset: call.offset }),
    ...(call.bytes !== undefined && { bytes: call.bytes }),
    ...(call.from !== undefined && { from: relative(call.from) }),
    ...(before !== undefined && { before }),
  };
  real.writeSync(noteFile, `${JSON.stringify(line)}\n`);
}

/** What a write is about to replace, base64; undefined when it appends. */
function replacedBytes({ kind, file, offset, bytes }: DiskCall): string | undefined {
  if (kind !== 'write' || bytes === undefined || offset === undefined) return undefined;
  const { size } = real.statSync(file);
  if (offset >= size) return undefined;
  const fd = real.openSync(file, 'r');
  const before = Buffer.alloc(Math.min(bytes, size - offset));
  real.readSync(fd, before, 0, before.length, offset);
  real.closeSync(fd);
  return before.toString('base64');
}

async function carryOut<Result>(
  call: DiskCall,
  work: () => Promise<Result>,
  /** Half of a write. */
  half?: () => Promise<Result>,
): Promise<Result> {
  const step = names.name(call.operation, relative(call.file), call.offset);
  const fatal = fatalMoment(step);
  if (fatal === 'before') die(step, fatal);
  if (fatal === 'midway') {
    if (half) await half();
    else void work().catch(() => {});
    die(step, fatal);
  }
  const changes = call.operation !== 'read' && call.operation !== 'stat';
  if (changes && isToFail(step)) return fail(call, step, work, half);
  const { slow } = plan;
  if (plan.syncMs !== undefined && call.operation === 'sync') await pause(plan.syncMs);
  if (slow && call.bytes !== undefined && call.file.startsWith(slow.folder)) {
    await takeTime(call.bytes, slow.bytesPerSecond);
  }
  const before = replacedBytes(call);
  const beganNs = process.hrtime.bigint();
  if (call.kind === 'unlink') keep(call.file);
  const result = await work();
  // A recursive mkdir that found the folder made nothing.
  const madeNothing = call.kind === 'folder' && call.recursive && result === undefined;
  if (!madeNothing) note(call, step, beganNs, before);
  if (fatal === 'after') die(step, fatal);
  return result;
}

async function fail<Result>(
  call: DiskCall,
  step: string,
  work: () => Promise<Result>,
  half: (() => Promise<Result>) | undefined,
): Promise<Result> {
  const { how } = plan.fail!;
  hasFailed = true;
  const failure: NotedFailure = {
    atMs: Date.now(),
    step,
    operation: call.operation,
    file: relative(call.file),
  };
  real.writeFileSync(path.join(plan.notes, 'failed.json'), JSON.stringify(failure));
  if (how === 'SHORT') return (half ?? work)();
  if (how === 'TORN') await half?.();
  // A file that is closed with an error is closed all the same.
  if (call.operation === 'close') await work();
  const code = how === 'TORN' ? 'EIO' : how;
  throw Object.assign(new Error(`${code}: injected, ${call.operation} '${call.file}'`), { code });
}

/** A second name, in case a power cut takes the unlinking back. */
function keep(file: string): void {
  const kept = path.join(plan.notes, 'unlinked', relative(file).replaceAll('/', '|'));
  real.mkdirSync(path.dirname(kept), { recursive: true });
  try {
    real.linkSync(file, kept);
  } catch {
    // It was gone already.
  }
}

/** Half of some parts, at least a byte. */
function firstHalf(parts: readonly Uint8Array[]): Uint8Array[] {
  let left = Math.max(1, parts.reduce((sum, { length }) => sum + length, 0) >> 1);
  return parts.flatMap((part) => {
    const taken = part.subarray(0, left);
    left -= taken.length;
    return taken.length > 0 ? [taken] : [];
  });
}

const bytesOf = (parts: readonly Uint8Array[]) => parts.reduce((sum, { length }) => sum + length, 0);

/** Puts an asynchronous function in the place of one with a callback, for `promisify` alone: nothing else is used. */
function replacePromisified(
  name: keyof typeof fs,
  replacement: (...parameters: never[]) => Promise<unknown>,
): void {
  const original = real[name] as object;
  const replaced = Object.assign(
    (...parameters: unknown[]) => (original as (...all: unknown[]) => unknown)(...parameters),
    {
      ...original,
      [promisify.custom]: replacement,
    },
  );
  (fs as unknown as Record<string, unknown>)[name] = replaced;
}

const asynchronous = {
  open: promisify(real.open),
  close: promisify(real.close),
  fdatasync: promisify(real.fdatasync),
  ftruncate: promisify(real.ftruncate),
  writev: promisify(real.writev),
  unlink: promisify(real.unlink),
};

function ofDescriptor(fd: number): string | undefined {
  return filesOfDescriptors.get(fd);
}

function replaceCallbacks(): void {
  replacePromisified('open', async (name: string, flags: string, mode: number) => {
    const file = unpinned(name);
    if (!isOurs(file)) return asynchronous.open(file, flags, mode);
    const creates = flags.includes('x') ? { kind: 'create' as const } : {};
    const fd = await carryOut({ operation: creates.kind ? 'open' : 'read', file, ...creates }, () =>
      asynchronous.open(file, flags, mode),
    );
    filesOfDescriptors.set(fd, file);
    return fd;
  });
  replacePromisified('close', async (fd: number) => {
    const file = ofDescriptor(fd);
    if (file === undefined) return asynchronous.close(fd);
    // The number may be given to another file before the call returns.
    filesOfDescriptors.delete(fd);
    return carryOut({ operation: 'close', file }, () => asynchronous.close(fd));
  });
  replacePromisified('fdatasync', async (fd: number) => {
    const file = ofDescriptor(fd);
    if (file === undefined) return asynchronous.fdatasync(fd);
    return carryOut({ operation: 'sync', kind: 'sync', file }, () => asynchronous.fdatasync(fd));
  });
  replacePromisified('ftruncate', async (fd: number, length: number) => {
    const file = ofDescriptor(fd);
    if (file === undefined) return asynchronous.ftruncate(fd, length);
    return carryOut({ operation: 'truncate', kind: 'cut', file, offset: length }, () =>
      asynchronous.ftruncate(fd, length),
    );
  });
  replacePromisified('writev', async (fd: number, parts: readonly Uint8Array[], offset: number) => {
    const file = ofDescriptor(fd);
    if (file === undefined) return asynchronous.writev(fd, parts, offset);
    return carryOut(
      { operation: 'write', kind: 'write', file, offset, bytes: bytesOf(parts) },
      () => asynchronous.writev(fd, parts, offset),
      () => asynchronous.writev(fd, firstHalf(parts), offset),
    );
  });
  replacePromisified('unlink', async (name: string) => {
    const file = unpinned(name);
    if (!isOurs(file)) return asynchronous.unlink(file);
    return carryOut({ operation: 'unlink', kind: 'unlink', file }, () => asynchronous.unlink(file));
  });
}

/** Replaces functions of `node:fs/promises` that take a path first. */
function replacePromises(): void {
  const replacements: [keyof typeof fs.promises, Operation, NotedCall['kind'] | undefined][] = [
    ['unlink', 'unlink', 'unlink'],
    ['mkdir', 'mkdir', 'folder'],
    ['rmdir', 'rmdir', 'unlink'],
    ['writeFile', 'writeFile', 'replace'],
    ['appendFile', 'appendFile', 'append'],
  ];
  for (const [name, operation, kind] of replacements) {
    const original = real.promises[name] as (...parameters: unknown[]) => Promise<unknown>;
    replacePromise(name, (given: unknown, ...rest: unknown[]) => {
      const file = unpinned(given);
      const work = () => original(file, ...rest);
      const recursive = Boolean((rest[0] as { recursive?: boolean } | undefined)?.recursive);
      return isOurs(file) ? carryOut({ operation, file, recursive, ...(kind && { kind }) }, work) : work();
    });
  }
  replacePromise('rename', (...names: [string, string]) => {
    const [from, to] = names.map(unpinned) as [string, string];
    const work = () => real.promises.rename(from, to);
    return isOurs(to) ? carryOut({ operation: 'rename', kind: 'rename', file: to, from }, work) : work();
  });
  replacePromise('open', async (name: string, flags: string, mode: number) => {
    const file = unpinned(name);
    if (!isOurs(file)) return real.promises.open(file, flags, mode);
    const isFolder = !path.basename(file).includes('.');
    const operation = flags === 'r' && !isFolder ? 'read' : 'open';
    const creates = /[wx]/.test(flags) ? { kind: 'create' as const } : {};
    const handle = await carryOut({ operation, file, ...creates }, () =>
      real.promises.open(file, flags, mode),
    );
    const { fd } = handle;
    filesOfDescriptors.set(fd, file);
    // It is a property of each handle, and no method of all.
    const close = handle.close;
    handle.close = () => {
      if (!filesOfDescriptors.delete(fd)) return close();
      return carryOut({ operation: 'close', file }, close);
    };
    return handle;
  });
}

function replacePromise(
  name: keyof typeof fs.promises,
  replacement: (...parameters: never[]) => Promise<unknown>,
): void {
  (fs.promises as unknown as Record<string, unknown>)[name] = replacement;
}

type AnyMethod = (this: fs.promises.FileHandle, ...parameters: never[]) => Promise<unknown>;

/** Replaces the methods of file handles, which have one prototype. */
async function replaceHandles(): Promise<void> {
  const sample = await real.promises.open('/dev/null', 'r');
  const prototype = Object.getPrototypeOf(sample) as Record<string, AnyMethod>;
  await sample.close();
  const replace = (
    name: string,
    describe: (...parameters: never[]) => Omit<DiskCall, 'file'>,
    halve?: (...parameters: never[]) => unknown[],
  ) => {
    const original = prototype[name]!;
    prototype[name] = function (...parameters) {
      const { fd } = this;
      const file = ofDescriptor(fd);
      const work = () => original.apply(this, parameters);
      if (file === undefined) return work();
      const half = halve && (() => original.apply(this, halve(...parameters) as never[]));
      return carryOut({ ...describe(...parameters), file }, work, half);
    };
  };
  replace('sync', () => ({ operation: 'sync', kind: 'sync' }));
  replace('datasync', () => ({ operation: 'sync', kind: 'sync' }));
  replace('truncate', (length: number) => ({ operation: 'truncate', kind: 'cut', offset: length }));
  replace('writeFile', (text: string) => ({
    operation: 'writeFile',
    kind: 'write',
    offset: 0,
    bytes: Buffer.byteLength(text),
  }));
  replace('read', () => ({ operation: 'read' }));
  replace(
    'write',
    (_bytes: Uint8Array, _from: number, bytes: number, offset: number) => ({
      operation: 'write',
      kind: 'write',
      offset,
      bytes,
    }),
    (bytes: Uint8Array, from: number, length: number, offset: number) => [
      bytes,
      from,
      Math.max(1, length >> 1),
      offset,
    ],
  );
}

// Threads that only read are left alone.
if (isMainThread || threadName === 'recorder') {
  replaceCallbacks();
  replacePromises();
  await replaceHandles();
  syncBuiltinESMExports();
}
if (isMainThread) {
  faultySqlite({
    before(step) {
      const fatal = fatalMoment(step);
      if (fatal === 'before') die(step, fatal);
      if (isToFail(step)) {
        hasFailed = true;
        const failure: NotedFailure = { atMs: Date.now(), step, operation: 'commit', file: 'nightjar.db' };
        real.writeFileSync(path.join(plan.notes, 'failed.json'), JSON.stringify(failure));
        return plan.fail!.how;
      }
      return fatal;
    },
    commits() {
      if (plan.syncMs !== undefined)
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, plan.syncMs);
    },
    after: (step) => die(step, 'after'),
  });
}
