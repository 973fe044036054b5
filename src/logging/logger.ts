import { type LogFn, type Logger, pino } from 'pino';
import type { Clock } from '../clock/clock.ts';
import { terminalLine } from './line_format.ts';
import { heldBackText, placeOf, RepeatLimiter } from './repeat_limiter.ts';
import { scrub, scrubbed } from './scrub.ts';

export type { Logger };

/** Where log lines go. */
export interface LogSink {
  write(text: string): void;
  /** A terminal gets lines for people, anything else JSON. */
  readonly isTTY?: boolean | undefined;
}

export interface LogOptions {
  readonly level: string;
  readonly clock: Clock;
  readonly sink: LogSink;
}

/** A logger and what must happen to it at the end. */
export interface Log {
  readonly logger: Logger;
  /** For what happens once and must be found again, such as a deletion: nothing is held back. */
  readonly record: Logger;
  /** Lines that were held back since the start, because they repeat. */
  readonly heldBack: number;
  /** Writes the counts of lines that were held back. */
  close(): void;
}

/** Below this level nothing is held back: who asks for debug lines wants them all. */
const infoLevel = 30;

/** Makes the logger of the process: one line an event, no credentials, no endless repetition. */
export function createLog({ level, clock, sink }: LogOptions): Log {
  const limiter = new RepeatLimiter(clock, (kind, dropped) => {
    record.warn({ dropped, like: kind }, heldBackText);
  });
  const format = sink.isTTY ? terminalLine : (line: string) => line;
  const destination = { write: (line: string) => sink.write(format(scrub(line))) };
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":${clock.now()}`,
    redact: {
      paths: [
        'password',
        '*.password',
        'authorization',
        '*.authorization',
        '*.headers.authorization',
        '*.headers.cookie',
      ],
      censor: scrubbed,
    },
  };
  const record = pino(options, destination);
  const logger = pino(
    {
      ...options,
      hooks: {
        logMethod(this: Logger, parameters: Parameters<LogFn>, method: LogFn, lineLevel: number) {
          const { place, message } = subject(this, parameters);
          if (lineLevel < infoLevel || limiter.admit(place, message)) method.apply(this, parameters);
        },
      },
    },
    destination,
  );
  return {
    logger,
    record,
    get heldBack() {
      return limiter.heldBack;
    },
    close: () => limiter.flush(),
  };
}

/** What a line says, and about what. */
function subject(logger: Logger, parameters: readonly unknown[]): { place: string; message: string } {
  const [first, second] = parameters;
  const bindings = Object.values(logger.bindings());
  if (typeof first === 'string') return { place: bindings.join(' '), message: first };
  return { place: [...bindings, placeOf(first ?? {})].join(' '), message: String(second ?? '') };
}
