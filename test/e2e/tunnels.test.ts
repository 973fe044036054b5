import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../src/clock/system_clock.ts';
import { probe } from '../../src/probe/probe.ts';
import { recordUrl } from '../../src/recorder/record_url.ts';
import type { SimulatedCamera } from '../../src/simulator/camera.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { launchChromium } from '../fixtures/chromium.ts';
import { ffprobe } from '../fixtures/ffprobe.ts';
import { selfSigned } from '../fixtures/self_signed.ts';

const timeout = 120_000;

async function simulate(context: TestContext, camera: Omit<SimulatedCamera, 'path'>) {
  const simulator = await startSimulator({ clock: systemClock, cameras: [{ path: 'cam', ...camera }] });
  context.after(() => simulator.close());
  return simulator;
}

async function folder(context: TestContext): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'nightjar-tunnels-'));
  context.after(() => rm(made, { recursive: true }));
  return made;
}

for (const transport of ['http', 'websocket'] as const) {
  test(`by ${transport} over TLS everything is encrypted, for the camera whose certificate was pinned alone`, {
    timeout,
  }, async (context) => {
    const tls = await selfSigned(context);
    const account = { username: 'viewer', password: 'opens sesame' };
    const cameras = [{ path: 'cam', ...account, finiteFrames: 60, audio: false }];
    const simulator = await startSimulator({ clock: systemClock, cameras, tls });
    context.after(() => simulator.close());
    const options = { url: simulator.url('cam'), ...account, transport, clock: systemClock };
    await assert.rejects(probe(options), { code: 'camera_certificate_unknown' });
    const other = { ...options, tlsFingerprint: 'a7'.repeat(32) };
    await assert.rejects(probe(other), { code: 'camera_certificate_changed' });
    const outDir = await folder(context);
    const tlsFingerprint = tls.fingerprint;
    const { files, frames } = await recordUrl({ ...options, tlsFingerprint, outDir, durationS: 2 });
    const { packets } = await ffprobe(files[0]!, { packets: true });
    assert.ok(frames >= 40, `${frames} frames`);
    assert.equal(packets.length, frames);
  });
}

test('a page in a browser speaks RTSP to a simulated camera through a WebSocket', {
  timeout,
}, async (context) => {
  const simulator = await simulate(context, { audio: false, finiteFrames: 50, framesPerSecond: 50 });
  const browser = await launchChromium();
  context.after(() => browser.close());
  const page = await browser.newPage();
  // Chromium is the judge of the handshake and of the frames.
  const { protocol, statuses, markers } = await page.evaluate(converse, simulator.url('cam'));
  assert.equal(protocol, 'rtsp.onvif.org');
  assert.deepEqual(statuses, ['200 OK', '200 OK', '200 OK']);
  assert.equal(markers, 50);
});

/** Runs in the page: plays the first medium to its end and counts the packets that end a picture. */
async function converse(url: string) {
  const socket = new WebSocket(url.replace('rtsp', 'ws'), 'rtsp.onvif.org');
  socket.binaryType = 'arraybuffer';
  const statuses: string[] = [];
  let session = '';
  let markers = 0;
  let held = new Uint8Array(0);
  const requests = [
    `DESCRIBE ${url} RTSP/1.0\r\nCSeq: 1`,
    `SETUP ${url}/trackID=0 RTSP/1.0\r\nCSeq: 2\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1`,
    `PLAY ${url} RTSP/1.0\r\nCSeq: 3`,
  ];
  const next = () => {
    const request = requests.shift();
    if (request) socket.send(new TextEncoder().encode(`${request}\r\n${session}\r\n`));
  };
  socket.onopen = next;
  socket.onmessage = ({ data }) => {
    const bytes = new Uint8Array([...held, ...new Uint8Array(data)]);
    let at = 0;
    for (;;) {
      if (bytes[at] === 0x24) {
        const end = at + 4 + ((bytes[at + 2]! << 8) | bytes[at + 3]!);
        if (at + 4 > bytes.length || end > bytes.length) break;
        if (bytes[at + 1] === 0 && bytes[at + 5]! >= 0x80) markers++;
        at = end;
        continue;
      }
      const text = new TextDecoder('latin1').decode(bytes.subarray(at));
      const head = text.indexOf('\r\n\r\n') + 4;
      const end = head + Number(/Content-Length: (\d+)/.exec(text.slice(0, head))?.[1] ?? 0);
      if (head < 4 || end > text.length) break;
      statuses.push(/^RTSP\/1\.0 (.*)\r\n/.exec(text)![1]!);
      const id = /Session: ([^;\r]+)/.exec(text)?.[1];
      if (id !== undefined) session = `Session: ${id}\r\n`;
      at += end;
      next();
    }
    held = bytes.slice(at);
  };
  await new Promise((resolve, reject) => {
    socket.onclose = resolve;
    socket.onerror = reject;
  });
  return { protocol: socket.protocol, statuses, markers };
}
