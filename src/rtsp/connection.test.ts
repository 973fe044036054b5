import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { selfSigned } from '../../test/fixtures/self_signed.ts';
import { until } from '../../test/fixtures/until.ts';
import { all, Recording } from '../../test/rtsp/conversation.ts';
import { systemClock } from '../clock/system_clock.ts';
import { startSimulator } from '../simulator/simulator.ts';

/** A simulated camera over TLS and a client for it; both end with the test. */
async function camera(t: TestContext, host: string, tlsFingerprint: (own: string) => string | undefined) {
  const certificate = await selfSigned(t);
  const simulator = await startSimulator({
    clock: systemClock,
    tls: certificate,
    cameras: [
      { path: 'cam', username: 'joe', password: 'x', finiteFrames: 50, burstFrames: 50, atEnd: 'wait' },
    ],
  });
  const fingerprint = tlsFingerprint(certificate.fingerprint);
  const url = simulator.url('cam').replace('127.0.0.1', host);
  const login = { username: 'joe', password: 'x' };
  const recording = new Recording(url, {
    ...login,
    ...(fingerprint !== undefined && { tlsFingerprint: fingerprint }),
  });
  t.after(async () => {
    await recording.client.stop();
    await simulator.close();
  });
  return { simulator, recording, certificate };
}

test('media come over TLS whole and in order, past a certificate that is trusted by its fingerprint', async (t) => {
  const { simulator, recording } = await camera(t, '127.0.0.1', (own) =>
    own.toLowerCase().replaceAll(':', ''),
  );
  await recording.client.describe();
  await recording.client.play((description) => all(description).slice(0, 1));
  await until(async () => simulator.counters('cam').framesSent === 50);
  const { packetsSent } = simulator.counters('cam');
  await recording.received(packetsSent);
  const numbers = recording.packets
    .filter((packet) => packet.includes(' rtp '))
    .map((packet) => Number(packet.slice(6)));
  assert.equal(numbers.length, packetsSent);
  for (const [index, number] of numbers.entries()) assert.equal(number, (numbers[0]! + index) & 0xffff);
});

test('a certificate that nobody vouches for is refused before anything is sent, with its fingerprint', async (t) => {
  const { simulator, recording, certificate } = await camera(t, '127.0.0.1', () => undefined);
  await assert.rejects(recording.client.describe(), (error: Error & { code: string }) => {
    assert.equal(error.code, 'camera_certificate_unknown');
    assert.ok(error.message.includes(certificate.fingerprint), error.message);
    return true;
  });
  assert.equal(simulator.counters('cam').sessions, 0);
});

test('another certificate than the trusted one is refused', async (t) => {
  const { recording } = await camera(t, '127.0.0.1', () => 'A7'.repeat(32));
  await assert.rejects(recording.client.describe(), { code: 'camera_certificate_changed' });
});

test('a certificate of an authority is trusted under its name, and under no other', async (t) => {
  const before = getCACertificates('default');
  t.after(() => setDefaultCACertificates(before));
  const named = await camera(t, 'localhost', () => undefined);
  setDefaultCACertificates([...before, named.certificate.cert]);
  await assert.doesNotReject(named.recording.client.describe());
  const other = await camera(t, '127.0.0.1', () => undefined);
  setDefaultCACertificates([...before, other.certificate.cert]);
  await assert.rejects(other.recording.client.describe(), { code: 'camera_certificate_unknown' });
});

test('a port that does not speak TLS is told from a camera that is not there', async (t) => {
  const server = createServer((socket) =>
    socket.on('error', () => {}).end('RTSP/1.0 400 Bad Request\r\n\r\n'),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const { client } = new Recording(`rtsps://127.0.0.1:${port}/`);
  await assert.rejects(client.describe(), { code: 'camera_tls_failed' });
});
