const levelNames: Record<number, string> = {
  10: 'TRACE',
  20: 'DEBUG',
  30: 'INFO ',
  40: 'WARN ',
  50: 'ERROR',
  60: 'FATAL',
};

const colours: Record<number, string> = { 40: '\u001b[33m', 50: '\u001b[31m', 60: '\u001b[31m' };
const plain = '\u001b[0m';

/** What pino puts on every line, and what the line for a terminal shows in its own way. */
const shownApart = new Set(['level', 'time', 'msg', 'err']);

/** One line of pino's JSON as a line for a terminal: local time, level, message, then the rest as `key=value`. */
export function terminalLine(json: string): string {
  const record = JSON.parse(json) as Record<string, unknown>;
  const level = Number(record.level);
  const time = new Date(Number(record.time)).toTimeString().slice(0, 8);
  const rest = Object.entries(record).filter(([key]) => !shownApart.has(key));
  const parts = [
    time,
    levelNames[level] ?? String(level),
    printable(record.msg),
    ...rest.map(asPair),
    stackOf(record.err),
  ];
  const line = parts.filter((part) => part !== undefined && part !== '').join(' ');
  return level in colours ? `${colours[level]}${line}${plain}\n` : `${line}\n`;
}

/** What a camera sent must not move the cursor of the terminal. */
function printable(text: unknown): string {
  return String(text ?? '').replace(/\p{Cc}/gu, '?');
}

function asPair([key, value]: [string, unknown]): string {
  return `${key}=${typeof value === 'string' && !/[\s"\p{Cc}]/u.test(value) ? value : JSON.stringify(value)}`;
}

function stackOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { stack, message } = error as { stack?: unknown; message?: unknown };
  return `\n${String(stack ?? message)}`;
}
