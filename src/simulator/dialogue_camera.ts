/** A camera that says what a dialogue says: docs/camera-fixtures.md. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type Clock, sleep } from '../clock/clock.ts';
import type { Dialogue, DialogueAction, DialogueStep } from '../dialogue/dialogue.ts';
import { type NightjarError, toNightjarError } from '../errors/nightjar_error.ts';
import type { RtspRequest, RtspResponse } from '../rtsp/message.ts';
import { RtspReader } from '../rtsp/reader.ts';
import { DialogueDatagrams } from './dialogue_datagrams.ts';
import { DialogueMedia, type MediaAction } from './dialogue_media.ts';
import { DialogueReplies } from './dialogue_replies.ts';
import { matches } from './dialogue_variables.ts';
import { digestFault } from './digest_check.ts';

/** What the client did: what a step waits for. */
interface Occurrence {
  readonly what: string;
  readonly connection: Socket;
  readonly message?: RtspRequest | RtspResponse;
}

export interface DialogueCameraOptions {
  readonly dialogue: Dialogue;
  readonly clock: Clock;
  /** 127.0.0.1 unless given. */
  readonly host?: string;
  /** Any that is free unless given. */
  readonly port?: number;
  /** Begins again with the next connection when it is through, or was left in the middle. */
  readonly again?: boolean;
  /** Where the client did otherwise than the dialogue has it, as a sentence. */
  readonly onSurprise: (surprise: string) => void;
}

export class DialogueCamera {
  readonly #dialogue: Dialogue;
  readonly #clock: Clock;
  readonly #again: boolean;
  readonly #onSurprise: (surprise: string) => void;
  readonly #media: DialogueMedia;
  readonly #server = createServer((socket) => this.#accept(socket));
  readonly #connections = new Set<Socket>();
  readonly #datagrams: DialogueDatagrams;
  readonly #replies: DialogueReplies;
  readonly #closed = new AbortController();
  #rules: DialogueStep[] = [];
  #next = 0;
  /** Undefined while a step is being carried out. */
  #waiting: ((occurrence: Occurrence) => void) | undefined;
  #queue: Occurrence[] = [];
  #round = new AbortController();
  #busy = 0;
  /** Methods of the requests that came, and connections. */
  readonly heard: string[] = [];

  private constructor(options: DialogueCameraOptions, media: DialogueMedia, datagrams: DialogueDatagrams) {
    this.#dialogue = options.dialogue;
    this.#clock = options.clock;
    this.#again = options.again ?? false;
    this.#onSurprise = options.onSurprise;
    this.#media = media;
    this.#datagrams = datagrams;
    this.#replies = new DialogueReplies(options.dialogue, media);
  }

  /** @throws NightjarError `dialogue_malformed` when the dialogue wants media that cannot be made */
  static async start(options: DialogueCameraOptions): Promise<DialogueCamera> {
    const { dialogue, host = '127.0.0.1', port = 0 } = options;
    const media = await DialogueMedia.of(dialogue.steps.flatMap(({ actions }) => actions));
    const datagrams = await DialogueDatagrams.open(host);
    const camera = new DialogueCamera(options, media, datagrams);
    await new Promise<void>((resolve, reject) => {
      camera.#server.once('error', reject);
      camera.#server.listen(port, host, resolve);
    }).catch((error) => {
      datagrams.close();
      throw error;
    });
    camera.#replies.listensAt(host, (camera.#server.address() as AddressInfo).port, datagrams.ports);
    camera.#begin();
    return camera;
  }

  /** Without credentials. */
  get url(): string {
    return this.#replies.url;
  }

  /** The event that comes next; undefined when there is none left. */
  get next(): DialogueStep | undefined {
    return this.#dialogue.steps.slice(this.#next).find(({ kind }) => kind === 'event');
  }

  /** Whether it does nothing but wait for the client. */
  get idle(): boolean {
    return this.#busy === 0;
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#round.abort();
    for (const connection of this.#connections) connection.destroy();
    this.#datagrams.close();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #begin(): void {
    this.#round.abort();
    this.#round = new AbortController();
    this.#rules = [];
    this.#queue = [];
    this.#waiting = undefined;
    this.#next = 0;
    this.#busy = 0;
    this.#media.restart();
    this.#arm();
    void this.#play(this.#round.signal);
  }

  /** Takes rules that stand in front of the next event. */
  #arm(): void {
    for (;;) {
      const step = this.#dialogue.steps[this.#next];
      if (step?.kind !== 'rule') return;
      this.#rules.unshift(step);
      this.#next++;
    }
  }

  async #play(signal: AbortSignal): Promise<void> {
    while (this.#next < this.#dialogue.steps.length && !signal.aborted) {
      const step = this.#dialogue.steps[this.#next]!;
      const queued = this.#queue.findIndex(({ what }) => what === step.what);
      const occurrence =
        queued >= 0
          ? this.#queue.splice(queued, 1)[0]!
          : await new Promise<Occurrence>((resolve) => {
              this.#waiting = resolve;
            });
      if (signal.aborted) return;
      this.#next++;
      this.#arm();
      this.#check(step, occurrence);
      await this.#guarded(() => this.#carryOut(step, occurrence, signal), signal);
    }
  }

  #accept(connection: Socket): void {
    if (this.#closed.signal.aborted) return void connection.destroy();
    const idle = this.#connections.size === 0;
    const left = this.#waiting === undefined || this.next === undefined || this.#next > 0;
    if (this.#again && idle && left && this.next?.what !== 'connect') this.#begin();
    this.#connections.add(connection);
    connection.setNoDelay(true);
    connection.on('close', () => this.#connections.delete(connection));
    connection.on('error', () => undefined);
    const reader = new RtspReader({
      onInterleaved: () => undefined,
      onRequest: (message) => this.#take({ what: message.method, connection, message }),
      onResponse: (message) => this.#take({ what: String(message.status), connection, message }),
      onLostBytes: (count) => this.#onSurprise(`The client sent ${count} bytes that are not RTSP.`),
    });
    for (let channel = 0; channel < 256; channel++) reader.expectRtcp(channel);
    connection.on('data', (bytes) => {
      try {
        reader.push(bytes, 0, bytes.length);
      } catch (error) {
        this.#onSurprise(toNightjarError(error).message);
        connection.destroy();
      }
    });
    this.#take({ what: 'connect', connection });
  }

  /** The next event, whether it is waited for yet or not; else a rule; else what is usual. */
  #take(occurrence: Occurrence): void {
    this.heard.push(occurrence.what);
    const { next } = this;
    if (next?.what === occurrence.what) {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      // From here on, not from when its promise is looked at: until then it is not idle.
      if (waiting) {
        this.#busy++;
        queueMicrotask(() => this.#busy--);
        waiting(occurrence);
      } else this.#queue.push(occurrence);
      return;
    }
    if (occurrence.message?.kind !== 'request') return;
    const rule = this.#rules.find((each) => each.what === occurrence.what && !this.#fault(each, occurrence));
    const { signal } = this.#round;
    const answer = () =>
      rule ? this.#carryOut(rule, occurrence, signal) : this.#send(occurrence, this.#usual(occurrence));
    void this.#guarded(answer, signal);
  }

  async #guarded(act: () => Promise<void>, signal: AbortSignal): Promise<void> {
    this.#busy++;
    try {
      await act();
    } catch (error) {
      if (!signal.aborted) this.#onSurprise((error as NightjarError).message);
    } finally {
      if (!signal.aborted) this.#busy--;
    }
  }

  #check(step: DialogueStep, occurrence: Occurrence): void {
    const fault = this.#fault(step, occurrence);
    if (fault) this.#onSurprise(`Line ${step.line}, ${step.what}: ${fault}.`);
  }

  /** How what came differs from what a step waits for. */
  #fault(step: DialogueStep, { message }: Occurrence): string | undefined {
    const variables = this.#replies.variablesFor(message);
    if (step.url !== undefined && message?.kind === 'request' && !matches(step.url, message.url, variables))
      return `the URL is ${message.url}`;
    for (const [name, pattern] of step.fields) {
      const value = message?.headers.get(name);
      if (pattern === '{digest}') {
        const fault = message?.kind === 'request' ? this.#digestFault(message) : 'it is no request';
        if (fault) return fault;
      } else if (pattern === '{none}') {
        if (value !== undefined) return `${name} is "${value}"`;
      } else if (value === undefined || !matches(pattern, value, variables)) {
        return `${name} is ${value === undefined ? 'missing' : `"${value}"`}`;
      }
    }
    return undefined;
  }

  #digestFault({ headers, method, url }: RtspRequest): string | undefined {
    const { login } = this.#dialogue;
    if (!login) return 'the dialogue has no "login:"';
    const { challenges } = this.#replies;
    return digestFault({ authorization: headers.get('Authorization'), challenges, login, method, url });
  }

  #usual({ message }: Occurrence): Buffer {
    const request = message as RtspRequest;
    const allowed = !this.#dialogue.login || this.#digestFault(request) === undefined;
    return this.#replies.usual(request, allowed);
  }

  async #carryOut(step: DialogueStep, occurrence: Occurrence, signal: AbortSignal): Promise<void> {
    const { actions } = step;
    const speaks = actions.some(({ kind }) => kind === 'reply' || kind === 'usual' || kind === 'silence');
    if (!speaks && occurrence.message?.kind === 'request')
      await this.#send(occurrence, this.#usual(occurrence));
    // Waits go on from each other, so that what each takes too long does not add up over thousands of packets.
    let dueMs: number = this.#clock.monotonic();
    for (let index = 0; index < actions.length && !signal.aborted; index++) {
      const action = actions[index]!;
      if (action.kind === 'wait') {
        dueMs += action.milliseconds;
        await sleep(this.#clock, Math.max(0, dueMs - this.#clock.monotonic()), signal);
        continue;
      }
      if (action.kind !== 'media') {
        await this.#act(action, occurrence);
        continue;
      }
      // Lines of several media, one below the other, are played at the same time.
      const group: MediaAction[] = [action];
      for (let then = actions[index + 1]; then?.kind === 'media'; then = actions[index + 1]) {
        if (group.some(({ medium }) => medium === then!.medium)) break;
        group.push(then);
        index++;
      }
      await this.#playMedia(group, occurrence, signal);
      dueMs = this.#clock.monotonic();
    }
  }

  async #act(
    action: Exclude<DialogueAction, MediaAction | { kind: 'wait' }>,
    occurrence: Occurrence,
  ): Promise<void> {
    switch (action.kind) {
      case 'reply':
        return this.#send(occurrence, this.#replies.written(action.lines, occurrence.message));
      case 'usual':
        return this.#send(occurrence, this.#usual(occurrence));
      case 'silence':
        return;
      case 'frame':
        return this.#sendPacket(occurrence, action.channel, action.payload);
      case 'bytes':
        return this.#send(occurrence, action.bytes);
      case 'close':
        occurrence.connection.end();
        this.#connections.delete(occurrence.connection);
    }
  }

  async #playMedia(
    group: readonly MediaAction[],
    occurrence: Occurrence,
    signal: AbortSignal,
  ): Promise<void> {
    const made = group.map((action) => this.#media.packets(action, this.#clock.now()));
    const packets = made.flatMap((each) => each.packets).sort((a, b) => a.dueMs - b.dueMs);
    const startMs = this.#clock.monotonic();
    const until = async (dueMs: number) => {
      const leftMs = startMs + dueMs - this.#clock.monotonic();
      if (leftMs > 0) await sleep(this.#clock, leftMs, signal);
    };
    for (const { dueMs, medium, channel, bytes } of packets) {
      await until(dueMs);
      const channels = this.#replies.channelsOf(medium);
      if (channels) await this.#sendPacket(occurrence, channels[channel], bytes);
    }
    await until(Math.max(...made.map(({ durationMs }) => durationMs)));
  }

  async #sendPacket(occurrence: Occurrence, channel: number, payload: Uint8Array): Promise<void> {
    const target = this.#replies.datagramTarget(channel);
    if (target) return this.#datagrams.send(payload, channel, target);
    const head = Buffer.of(0x24, channel, payload.length >> 8, payload.length & 0xff);
    return this.#send(occurrence, Buffer.concat([head, payload]));
  }

  async #send({ connection }: Occurrence, bytes: Uint8Array): Promise<void> {
    if (!connection.writable || connection.write(bytes)) return;
    await new Promise<void>((resolve) => {
      connection.once('drain', resolve);
      connection.once('close', resolve);
    });
  }
}
