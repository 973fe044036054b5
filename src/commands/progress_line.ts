import type { Clock } from '../clock/clock.ts';
import type { CommandProcess } from './command.ts';

/** How often a terminal is told, and how often a file that standard error goes to. */
const terminalMs = 250;
const fileMs = 10_000;

/** Tells on standard error how far a long command is: on a terminal in one line that is written over. */
export class ProgressLine {
  readonly #stderr: CommandProcess['stderr'];
  readonly #clock: Clock;
  #toldMs: number;
  #shown = 0;

  constructor({ stderr, clock }: Pick<CommandProcess, 'stderr' | 'clock'>) {
    this.#stderr = stderr;
    this.#clock = clock;
    // A command that is soon done says nothing but its result.
    this.#toldMs = clock.monotonic();
  }

  /** @param text makes the line; called only when it is time for one */
  say(text: () => string): void {
    const nowMs = this.#clock.monotonic();
    const isTerminal = this.#stderr.isTTY === true;
    if (nowMs - this.#toldMs < (isTerminal ? terminalMs : fileMs)) return;
    this.#toldMs = nowMs;
    const line = text();
    this.#stderr.write(isTerminal ? `\r${line.padEnd(this.#shown)}` : `${line}\n`);
    if (isTerminal) this.#shown = line.length;
  }

  /** Takes the line away, so that something else can be written. */
  clear(): void {
    if (this.#shown > 0) this.#stderr.write(`\r${' '.repeat(this.#shown)}\r`);
    this.#shown = 0;
  }
}
