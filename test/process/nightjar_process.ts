import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AtTheEnd } from '../fixtures/cleanup.ts';

const mainFile = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** The processes of each test. */
const started = new WeakMap<AtTheEnd, NightjarProcess[]>();

/** A folder that goes with the test, once no process of the test can write into it any more. @param inside of which one */
export function temporaryFolder(context: AtTheEnd, inside = tmpdir()): string {
  const folder = mkdtempSync(path.join(inside, 'nightjar-test-'));
  context.after(async () => {
    await Promise.all((started.get(context) ?? []).map((process) => process.kill()));
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** The program as a process of its own, in a working folder of its own. */
export class NightjarProcess {
  stdout = '';
  stderr = '';
  readonly child: ChildProcess;
  /** Exit code and signal. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly #waiting = new Set<() => void>();

  constructor(
    context: AtTheEnd,
    words: readonly string[],
    options: { cwd: string; env?: Record<string, string>; nodeOptions?: readonly string[] },
  ) {
    const { NIGHTJAR_CONFIG: _, ...environment } = process.env;
    this.child = spawn(process.execPath, [...(options.nodeOptions ?? []), mainFile, ...words], {
      cwd: options.cwd,
      // No test asks the networks that the machine happens to be on.
      env: { ...environment, NIGHTJAR_DISCOVERY_INTERFACES: 'lo', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.#look();
    });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.#look();
    });
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => resolve({ code, signal }));
    });
    void this.ended.then(() => this.#look());
    started.set(context, [...(started.get(context) ?? []), this]);
    context.after(() => this.kill());
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** Resolves with the first match in what was printed; rejects when the process ends without one. */
  printed(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(this[stream]);
        const isOver = this.child.exitCode !== null || this.child.signalCode !== null;
        if (!match && !isOver) return;
        this.#waiting.delete(look);
        if (match) resolve(match);
        else reject(new Error(`ended without printing ${pattern}: ${this.stdout}${this.stderr}`));
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Address of a server that says where it is. */
  async url(): Promise<string> {
    const [url] = await this.printed('stdout', /http:\/\/[\w.:[\]]+/);
    return url;
  }

  #look(): void {
    for (const look of [...this.#waiting]) look();
  }
}

/** Asks again and again until the answer will do; the process behind it decides how long that takes. */
export async function askUntil<Answer>(
  url: string,
  isGood: (answer: Answer) => boolean,
  timeoutMs = 30_000,
): Promise<Answer> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = (await (await fetch(url)).json()) as Answer;
    if (isGood(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`${url} still says ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
