import type { RtspMessage } from '../rtsp/message.ts';
import type { SecretMask } from '../rtsp/secret_mask.ts';

/** What is kept of a conversation: enough for any honest one. */
const maximumEntries = 200;
const maximumEntryCharacters = 16 * 1024;
const maximumCharacters = 128 * 1024;
const maximumFieldCharacters = 4 * 1024;

export interface TranscriptEntry {
  /** Since the first connection was asked for, in milliseconds. */
  readonly atMs: number;
  /** To the camera, from the camera, or a remark of ours. */
  readonly kind: 'sent' | 'received' | 'note';
  /** Lines without secrets. */
  readonly text: string;
}

/** What was said to a camera and what it said, for people to read. */
export class Transcript {
  readonly entries: TranscriptEntry[] = [];
  readonly #mask: SecretMask;
  readonly #elapsedMs: () => number;
  #characters = 0;
  #full = false;

  constructor(mask: SecretMask, elapsedMs: () => number) {
    this.#mask = mask;
    this.#elapsedMs = elapsedMs;
  }

  note(text: string): void {
    this.#add('note', () => this.#mask.beginning(text, maximumEntryCharacters));
  }

  message(kind: 'sent' | 'received', message: RtspMessage): void {
    this.#add(kind, () => messageText(message, this.#mask));
  }

  /** A head of HTTP. */
  head(kind: 'sent' | 'received', head: string): void {
    this.#add(kind, () => headText(head, this.#mask));
  }

  /** @param write is not called when nothing more is kept: masking costs time, and a camera may send without end */
  #add(kind: TranscriptEntry['kind'], write: () => string): void {
    if (this.#full) return;
    const kept = write().slice(0, maximumEntryCharacters);
    this.#characters += kept.length;
    this.#full = this.entries.length >= maximumEntries || this.#characters > maximumCharacters;
    this.entries.push({
      atMs: Math.round(this.#elapsedMs()),
      kind: this.#full ? 'note' : kind,
      text: this.#full ? 'What follows is left out.' : kept,
    });
  }
}

/** Start line, fields and body, without secrets and control characters; as much as an entry holds. */
export function messageText(message: RtspMessage, mask: SecretMask): string {
  const startLine =
    message.kind === 'request'
      ? `${shown(message.method, mask)} ${shown(message.url, mask)} RTSP/1.0`
      : `RTSP/1.0 ${message.status} ${shown(message.reason, mask)}`.trimEnd();
  const lines = [startLine, ...fieldLines(message.headers, mask)];
  const body = Buffer.from(message.body.buffer, message.body.byteOffset, message.body.length)
    .toString('latin1', 0, 2 * maximumEntryCharacters)
    .trimEnd();
  if (body !== '') {
    lines.push('', ...mask.beginning(body.replace(/\r\n?/g, '\n'), maximumEntryCharacters).split('\n'));
  }
  return lines.map(printableLine).join('\n');
}

function headText(head: string, mask: SecretMask): string {
  const [startLine = '', ...lines] = head.slice(0, 2 * maximumEntryCharacters).split(/\r?\n/);
  const fields = lines.map((line): [string, string] => {
    const [, name, value] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
    return name === undefined ? ['', line] : [name, value!];
  });
  return [shown(startLine, mask), ...fieldLines(fields, mask)].map(printableLine).join('\n');
}

/** No more than an entry holds. */
function fieldLines(fields: Iterable<readonly [name: string, value: string]>, mask: SecretMask): string[] {
  const lines: string[] = [];
  let characters = 0;
  for (const [name, value] of fields) {
    if (characters > maximumEntryCharacters) break;
    const text = value.length > maximumFieldCharacters ? shown(value, mask) : mask.field(name, value);
    lines.push(name === '' ? text : `${shown(name, mask)}: ${text}`);
    characters += lines.at(-1)!.length;
  }
  return lines;
}

const shown = (text: string, mask: SecretMask) => mask.beginning(text, maximumFieldCharacters);

function printableLine(line: string): string {
  return line.replace(/\t/g, ' ').replace(/[^\x20-\x7e\xa0-\xff]/g, '?');
}
