import { type LogFn, type Logger, pino } from 'pino';
import type { Clock } from '../clock/clock.ts';
import { terminalLine } from './line_format.ts';
import { RepeatLimiter } from './repeat_limiter.ts';
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
  /** Writes the counts of lines that were held back. */
  close(): void;
}

/** Below this level nothing is held back: who asks for debug lines wants them all. */
const infoLevel = 30;

/** Makes the logger of the process: one line an event, no credentials, no endless repetition. */
export function createLog({ level, clock, sink }: LogOptions): Log {
  const limiter = new RepeatLimiter(clock, (kind, dropped) => {
    counts.warn({ dropped, like: kind }, 'Log lines like one above were held back because they repeat.');
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
  const counts = pino(options, destination);
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
  return { logger, close: () => limiter.flush() };
}

/** What a line says, and about what: two cameras with the same trouble are two kinds of line. */
function subject(logger: Logger, parameters: readonly unknown[]): { place: string; message: string } {
  const [first, second] = parameters;
  const bindings = Object.values(logger.bindings());
  if (typeof first === 'string') return { place: bindings.join(' '), message: first };
  const { camera, stream, code } = (first ?? {}) as Record<string, unknown>;
  const place = [...bindings, camera, stream, code].filter((part) => part !== undefined).join(' ');
  return { place, message: String(second ?? '') };
}
