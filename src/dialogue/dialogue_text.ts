/**
 * Dialogues as text: docs/camera-fixtures.md has the format.
 *
 * Lines are read as they stand, with every blank at their end; a line that begins with `#` is a remark.
 */
import { NightjarError } from '../errors/nightjar_error.ts';
import {
  type Dialogue,
  type DialogueAction,
  type DialogueStep,
  type DialogueTransport,
  dialogueTransports,
  type MediaOptions,
} from './dialogue.ts';

const maximumWaitMs = 86_400_000;
/** Bytes to a line of hexadecimal; a packet takes several lines. */
const bytesPerLine = 32;

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000 };
const headWords = [
  'camera',
  'ids',
  'source',
  'behaviour',
  'nightjar',
  'expect',
  'login',
  'transport',
  'path',
] as const;
type HeadWord = (typeof headWords)[number];

/**
 * Reads a dialogue.
 *
 * @param file for errors
 * @throws NightjarError `dialogue_malformed` that names the file, the line and what was expected there
 */
export function parseDialogue(text: string, file: string): Dialogue {
  const reader = new DialogueReader(file);
  text.split('\n').forEach((line, index) => {
    reader.take(line.replace(/\r$/, ''), index + 1);
  });
  return reader.finish();
}

type OpenStep = { -readonly [Field in keyof DialogueStep]: DialogueStep[Field] } & {
  fields: [string, string][];
  actions: DialogueAction[];
};

class DialogueReader {
  readonly #file: string;
  readonly #head = new Map<HeadWord, string[]>();
  readonly #steps: OpenStep[] = [];
  #line = 0;
  /** Lines of a message go on as long as nothing stands between them. */
  #message: { text: string; end: '\r\n' | '\n' }[] | undefined;
  /** Hexadecimal goes on in lines that begin with a blank. */
  #bytes: { chunks: Buffer[]; add: (bytes: Buffer) => void } | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  take(line: string, number: number): void {
    this.#line = number;
    if (this.#bytes && /^[ \t]+\S/.test(line)) return this.#hexGoesOn(line);
    this.#closeBytes();
    const [, tag = '', value = ''] = /^(\$\d+|[A-Za-z]+\??):(?: (.*))?$/.exec(line) ?? [];
    if (tag !== 'S' && tag !== 'L') this.#message = undefined;
    if (line.trim() === '' || line.startsWith('#')) return;
    if (tag === '') throw this.#error(`"${line.slice(0, 40)}" has no tag in front, such as "C:"`);
    if (tag === 'C' || tag === 'C?') return this.#client(tag === 'C', value);
    const word = headWords.find((known) => known === tag);
    if (word) return this.#headLine(word, value);
    this.#action(tag, value);
  }

  finish(): Dialogue {
    this.#closeBytes();
    const one = (word: HeadWord) => this.#head.get(word)?.at(-1);
    const camera = one('camera');
    if (camera === undefined) throw this.#error('no line says which camera it is ("camera: ...")');
    const login = one('login');
    const [, username, password] = /^(\S+) (.*)$/.exec(login ?? '') ?? [];
    if (login !== undefined && username === undefined)
      throw this.#error('"login:" takes a name and a password');
    const transport = (one('transport') ?? 'tcp') as DialogueTransport;
    if (!dialogueTransports.includes(transport))
      throw this.#error(`"transport:" takes one of ${dialogueTransports.join(', ')}`);
    const path = one('path') ?? '/live';
    if (!path.startsWith('/')) throw this.#error('"path:" begins with a slash');
    const optional = (name: 'source' | 'behaviour' | 'nightjar') => {
      const value = one(name);
      return value === undefined ? {} : { [name]: value };
    };
    return {
      camera,
      ids: (this.#head.get('ids') ?? []).flatMap((ids) => ids.split(/[\s,]+/)).filter((id) => id !== ''),
      ...optional('source'),
      ...optional('behaviour'),
      ...optional('nightjar'),
      expect: this.#head.get('expect') ?? [],
      ...(username !== undefined && { login: { username, password: password! } }),
      transport,
      path,
      steps: this.#steps,
    };
  }

  #headLine(word: HeadWord, value: string): void {
    if (this.#steps.length > 0) throw this.#error(`"${word}:" belongs in front of the first "C:"`);
    const lines = this.#head.get(word) ?? [];
    if (lines.length > 0 && word !== 'expect' && word !== 'ids')
      throw this.#error(`"${word}:" stands there twice`);
    this.#head.set(word, [...lines, value.trim()]);
  }

  #client(event: boolean, value: string): void {
    const step = this.#steps.at(-1);
    const [, name, pattern] = /^([A-Za-z][\w-]*): ?(.*)$/.exec(value) ?? [];
    if (name !== undefined) {
      if (!step || step.actions.length > 0) throw this.#error('a header field follows its request');
      step.fields.push([name, pattern!.trim()]);
      return;
    }
    const [, what, url] = /^(connect|[A-Z_]{1,32}|[1-9]\d\d)(?: (\S+))?\s*$/.exec(value) ?? [];
    if (what === undefined)
      throw this.#error('"C:" takes a method, "connect", the status of a reply or a header field');
    this.#steps.push({
      kind: event ? 'event' : 'rule',
      line: this.#line,
      what,
      ...(url !== undefined && { url }),
      fields: [],
      actions: [],
    });
  }

  #action(tag: string, value: string): void {
    const step = this.#steps.at(-1);
    if (!step) throw this.#error(`"${tag}:" follows a "C:"`);
    if (tag === 'S' || tag === 'L') return this.#serverLine(step, tag === 'S' ? '\r\n' : '\n', value);
    const [, channel] = /^\$(\d+)$/.exec(tag) ?? [];
    if (channel !== undefined) {
      if (Number(channel) > 255) throw this.#error('a channel is 0 to 255');
      return this.#beginHex(value, (payload) =>
        step.actions.push({ kind: 'frame', channel: Number(channel), payload }),
      );
    }
    if (tag === 'X') {
      const [, quoted] = /^"(.*)"\s*$/.exec(value) ?? [];
      if (quoted === undefined)
        return this.#beginHex(value, (bytes) => step.actions.push({ kind: 'bytes', bytes }));
      step.actions.push({ kind: 'bytes', bytes: Buffer.from(quoted, 'latin1') });
      return;
    }
    if (tag === 'M') return this.#media(step, value);
    if (tag === 'wait') {
      step.actions.push({ kind: 'wait', milliseconds: this.#duration(value.trim()) });
      return;
    }
    if (tag === 'close') {
      step.actions.push({ kind: 'close' });
      return;
    }
    throw this.#error(`nothing begins with "${tag}:"`);
  }

  #serverLine(step: OpenStep, end: '\r\n' | '\n', value: string): void {
    if (!this.#message && (value === 'usual' || value === 'silence')) {
      step.actions.push({ kind: value });
      return;
    }
    if (!this.#message) {
      const lines: { text: string; end: '\r\n' | '\n' }[] = [];
      this.#message = lines;
      step.actions.push({ kind: 'reply', lines });
    }
    this.#message.push({ text: value, end });
  }

  #beginHex(value: string, add: (bytes: Buffer) => void): void {
    this.#bytes = { chunks: [], add };
    this.#hexGoesOn(value);
  }

  #hexGoesOn(value: string): void {
    const hex = value.replace(/\s+/g, '');
    if (!/^(?:[0-9a-f]{2})*$/i.test(hex)) throw this.#error('bytes are pairs of hexadecimal digits');
    this.#bytes!.chunks.push(Buffer.from(hex, 'hex'));
  }

  #closeBytes(): void {
    this.#bytes?.add(Buffer.concat(this.#bytes.chunks));
    this.#bytes = undefined;
  }

  #media(step: OpenStep, value: string): void {
    const [medium = '', codec = '', ...rest] = value.trim().split(/\s+/);
    if (!/^\d$/.test(medium) || !/^[a-z][a-z0-9-]*$/.test(codec))
      throw this.#error('"M:" takes the number of a medium from 0 on, and what it sends');
    const options: Record<string, string> = {};
    for (const option of rest) {
      const at = option.indexOf('=');
      options[at < 0 ? option : option.slice(0, at)] = at < 0 ? '' : option.slice(at + 1);
    }
    step.actions.push({ kind: 'media', medium: Number(medium), codec, options });
  }

  #duration(text: string): number {
    const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|min|h)$/.exec(text) ?? [];
    const milliseconds = Number(number) * (units[unit ?? ''] ?? Number.NaN);
    if (!(milliseconds <= maximumWaitMs)) throw this.#error('"wait:" takes a time such as 500ms, 30s, 2min');
    return milliseconds;
  }

  #error(what: string): NightjarError {
    const detail = `${this.#file}, line ${this.#line}: ${what}.`;
    return new NightjarError('dialogue_malformed', detail, {
      place: { file: this.#file, offset: this.#line },
    });
  }
}

/** A dialogue as text that {@link parseDialogue} reads as the same dialogue, but for the numbers of its lines. */
export function formatDialogue(dialogue: Dialogue): string {
  const head: [HeadWord, string | undefined][] = [
    ['camera', dialogue.camera],
    ['ids', dialogue.ids.length > 0 ? dialogue.ids.join(' ') : undefined],
    ['source', dialogue.source],
    ['behaviour', dialogue.behaviour],
    ['nightjar', dialogue.nightjar],
    ...dialogue.expect.map((line): [HeadWord, string] => ['expect', line]),
    ['login', dialogue.login && `${dialogue.login.username} ${dialogue.login.password}`],
    ['transport', dialogue.transport === 'tcp' ? undefined : dialogue.transport],
    ['path', dialogue.path === '/live' ? undefined : dialogue.path],
  ];
  const lines = head.flatMap(([word, value]) => (value === undefined ? [] : [`${word}: ${value}`]));
  for (const step of dialogue.steps) {
    const tag = step.kind === 'event' ? 'C:' : 'C?:';
    lines.push('', `${tag} ${step.what}${step.url === undefined ? '' : ` ${step.url}`}`);
    for (const [name, pattern] of step.fields) lines.push(`C: ${name}: ${pattern}`);
    for (const action of step.actions) {
      // Two messages one behind the other are told apart by a line between them.
      if (/^(?:reply|usual|silence)$/.test(action.kind) && /^[SL]:/.test(lines.at(-1)!)) lines.push('');
      lines.push(...formatAction(action));
    }
  }
  return `${lines.join('\n')}\n`;
}

function formatAction(action: DialogueAction): string[] {
  switch (action.kind) {
    case 'reply':
      return action.lines.map(
        ({ text, end }) => `${end === '\n' ? 'L' : 'S'}:${text === '' ? '' : ` ${text}`}`,
      );
    case 'usual':
    case 'silence':
      return [`S: ${action.kind}`];
    case 'frame':
      return formatHex(`$${action.channel}:`, action.payload);
    case 'bytes':
      return formatHex('X:', action.bytes);
    case 'media':
      return [`M: ${action.medium} ${action.codec}${formatOptions(action.options)}`];
    case 'wait':
      return [`wait: ${action.milliseconds}ms`];
    case 'close':
      return ['close:'];
  }
}

function formatOptions(options: MediaOptions): string {
  return Object.entries(options)
    .map(([name, value]) => (value === '' ? ` ${name}` : ` ${name}=${value}`))
    .join('');
}

function formatHex(tag: string, bytes: Uint8Array): string[] {
  const lines: string[] = [];
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length || at === 0; at += bytesPerLine) {
    lines.push(
      `${at === 0 ? tag : '  '} ${buffer.toString('hex', at, Math.min(at + bytesPerLine, bytes.length))}`,
    );
  }
  return lines;
}
