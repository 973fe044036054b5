import type { RtspMessage } from '../rtsp/message.ts';
import type { SecretMask } from './secret_mask.ts';

/** What is kept of a conversation: enough for any honest one. */
const maximumEntries = 200;
const maximumEntryCharacters = 16 * 1024;
const maximumCharacters = 128 * 1024;

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
    this.#add('note', this.#mask.sentence(text));
  }

  message(kind: 'sent' | 'received', message: RtspMessage): void {
    this.#add(kind, messageText(message, this.#mask));
  }

  /** A head of HTTP. */
  head(kind: 'sent' | 'received', head: string): void {
    this.#add(kind, headText(head.slice(0, 4 * maximumEntryCharacters), this.#mask));
  }

  #add(kind: TranscriptEntry['kind'], text: string): void {
    if (this.#full) return;
    const kept = text.slice(0, maximumEntryCharacters);
    this.#characters += kept.length;
    this.#full = this.entries.length >= maximumEntries || this.#characters > maximumCharacters;
    this.entries.push({
      atMs: Math.round(this.#elapsedMs()),
      kind: this.#full ? 'note' : kind,
      text: this.#full ? 'What follows is left out.' : kept,
    });
  }
}

/** Start line, fields and body, without secrets and control characters. */
export function messageText(message: RtspMessage, mask: SecretMask): string {
  const startLine =
    message.kind === 'request'
      ? `${message.method} ${mask.text(message.url)} RTSP/1.0`
      : `RTSP/1.0 ${message.status} ${mask.text(message.reason)}`.trimEnd();
  const fields = [...message.headers].map(([name, value]) => `${name}: ${mask.field(name, value)}`);
  // What is shown ends long before this: masking costs time, and a secret must not be cut in two.
  const body = Buffer.from(message.body.subarray(0, 4 * maximumEntryCharacters))
    .toString('latin1')
    .trimEnd();
  const lines = [startLine, ...fields];
  if (body !== '') lines.push('', ...mask.text(body.replace(/\r\n?/g, '\n')).split('\n'));
  return lines.map(printableLine).join('\n');
}

function headText(head: string, mask: SecretMask): string {
  const [startLine = '', ...fields] = head.split(/\r?\n/);
  const lines = fields.map((line) => {
    const [, name, value] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
    return name === undefined ? mask.text(line) : `${name}: ${mask.field(name, value!)}`;
  });
  return [mask.text(startLine), ...lines].map(printableLine).join('\n');
}

function printableLine(line: string): string {
  return line.replace(/\t/g, ' ').replace(/[^\x20-\x7e\xa0-\xff]/g, '?');
}
