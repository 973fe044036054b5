import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
// @ts-expect-error it has no types
import * as yellowstone from 'yellowstone';
import { systemClock } from '../../src/clock/system_clock.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { until } from '../fixtures/until.ts';

/** The part of yellowstone 2.1 that is used here. */
interface RtspClient {
  _client?: Socket;
  _session: string;
  _onData(data: Buffer): void;
  connect(url: string): Promise<{ format: string }>;
  play(): Promise<unknown>;
  pause(): Promise<unknown>;
  request(method: string, headers: object): Promise<unknown>;
  on(
    event: 'data',
    listener: (channel: number, payload: Buffer, packet: { id: number; marker: number }) => void,
  ): void;
  on(event: 'controlData', listener: (channel: number, packet: { packetType: number }) => void): void;
}
const { RtspClient } = yellowstone as {
  RtspClient: new (username: string, password: string, headers: Record<string, string>) => RtspClient;
};

/** This version takes each chunk that TCP happens to deliver for one answer, or for packets alone: here each is one of them, whole. */
class WholeMessagesClient extends RtspClient {
  #rest = Buffer.alloc(0);

  override _onData(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data]);
    for (let length = messageLength(this.#rest); length <= this.#rest.length; ) {
      super._onData(this.#rest.subarray(0, length));
      this.#rest = this.#rest.subarray(length);
      length = messageLength(this.#rest);
    }
  }
}

/** How long the first message is: of RTSP with its body, or an interleaved packet; infinite while that is not known. */
function messageLength(bytes: Buffer): number {
  if (bytes[0] === 0x24) return bytes.length < 4 ? Number.POSITIVE_INFINITY : 4 + bytes.readUInt16BE(2);
  const head = bytes.indexOf('\r\n\r\n');
  if (head < 0) return Number.POSITIVE_INFINITY;
  const [, body = '0'] = /^Content-Length: *(\d+)/im.exec(bytes.toString('latin1', 0, head)) ?? [];
  return head + 4 + Number(body);
}

const frames = 40;
const senderReport = 200;

// This version knows no UDP, and answers a challenge without the fields of the request: credentials go with every request.
for (const [name, login] of [
  ['without credentials', undefined],
  ['by Basic', { username: 'admin', password: 'pass word' }],
] as const) {
  test(`yellowstone gets every packet over TCP, ${name}, pauses, plays on and takes its leave`, async (context) => {
    const account = login && { ...login, authentication: { schemes: ['basic' as const] } };
    const camera = { path: 'cam', finiteFrames: frames, atEnd: 'wait' as const, ...account };
    const simulator = await startSimulator({ clock: systemClock, cameras: [camera] });
    context.after(() => simulator.close());
    const basic = Buffer.from(`${login?.username}:${login?.password}`).toString('base64');
    const client = new WholeMessagesClient('', '', login ? { Authorization: `Basic ${basic}` } : {});
    const numbers: number[] = [];
    let pictures = 0;
    const reports: number[] = [];
    client.on('data', (_channel, _payload, { id, marker }) => {
      numbers.push(id);
      pictures += marker;
    });
    client.on('controlData', (_channel, { packetType }) => reports.push(packetType));
    context.after(() => client._client?.destroy());
    assert.deepEqual(await client.connect(simulator.url('cam')), { format: 'H264' });

    await client.play();
    await until(() => pictures === frames);
    const { framesSent, packetsSent } = simulator.counters('cam');
    assert.equal(framesSent, frames);
    assert.equal(numbers.length, packetsSent);
    assert.ok(
      numbers.every((number, index) => index === 0 || number === ((numbers[index - 1]! + 1) & 0xffff)),
    );
    assert.ok(reports.includes(senderReport));

    await client.pause();
    assert.equal(simulator.counters('cam').playing, 0);
    await client.play();
    await client.request('TEARDOWN', { Session: client._session });
    await until(() => simulator.counters('cam').playing === 0);
  });
}
