import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { until } from '../../test/fixtures/until.ts';
import { ScriptedCamera } from '../../test/rtsp/scripted_camera.ts';
import { systemClock } from '../clock/system_clock.ts';
import type { SimulatedCamera } from '../simulator/camera.ts';
import { startSimulator } from '../simulator/simulator.ts';
import { examine, type ProbeOptions } from './probe.ts';

const password = 'Tr1cky/p@ss word';

async function look(
  context: TestContext,
  camera: Omit<SimulatedCamera, 'path'>,
  options: Partial<ProbeOptions> = {},
) {
  const simulator = await startSimulator({ clock: systemClock, cameras: [{ path: 'gate', ...camera }] });
  context.after(() => simulator.close());
  return examine({ url: simulator.url('gate'), clock: systemClock, seconds: 2, ...options });
}

test('a report has what was said, what was offered and what came', async (context) => {
  const { report, error } = await look(
    context,
    { username: 'joe', password, burstFrames: 25 },
    { username: 'joe', password },
  );
  assert.equal(error, undefined);
  const { video, audio, timing, delivery, dialogue, clock } = report;
  assert.deepEqual([video?.codec, video?.width, video?.height], ['h264', 640, 360]);
  assert.equal(Math.round(video!.framesPerSecond), 25);
  assert.equal(video?.keyFrameIntervalsMs?.max, 1000);
  assert(video.peakBitsPerSecond >= video.bitsPerSecond && video.bitsPerSecond > 100_000);
  assert.deepEqual([audio?.codec, audio?.sampleRate, audio?.channels], ['aac', 48_000, 1]);
  assert.deepEqual(
    report.offered.map(({ kind, formats, recorded }) => [kind, ...formats, recorded]),
    [
      ['video', 'H264/90000', true],
      ['audio', 'MPEG4-GENERIC/48000', true],
    ],
  );
  assert.deepEqual(report.authentication, ['Digest SHA-256', 'Digest MD5']);
  const steps = [
    timing.connectedMs,
    timing.describedMs,
    timing.playingMs,
    timing.firstPacketMs,
    timing.firstKeyFrameMs,
  ];
  assert.deepEqual(
    steps,
    [...steps].sort((a, b) => a! - b!),
  );
  assert(steps.every((ms) => ms !== undefined));
  assert.deepEqual(
    delivery.map(({ medium, packetsLost, late, duplicates }) => [medium, packetsLost, late, duplicates]),
    [
      ['video', 0, 0, 0],
      ['audio', 0, 0, 0],
    ],
  );
  // A machine that is busy adds to it.
  assert(delivery[0]!.burstMs > 700 && delivery[0]!.burstMs < 5_000, `${delivery[0]!.burstMs} ms`);
  assert(clock.senderReports > 0 && Math.abs(clock.offsetMs!) < 1000);
  const methods = dialogue.filter(({ kind }) => kind === 'sent').map(({ text }) => text.split(' ')[0]);
  assert.deepEqual(methods, ['OPTIONS', 'DESCRIBE', 'DESCRIBE', 'SETUP', 'SETUP', 'PLAY', 'TEARDOWN']);
  assert.deepEqual(report.advice, []);
  const shown = JSON.stringify(report);
  for (const secret of [password, encodeURIComponent(password), JSON.stringify(password).slice(1, -1)]) {
    assert.equal(shown.includes(secret), false);
  }
  assert.doesNotMatch(shown, /response=\\"[0-9a-f]/);
});

test('C34: the way that was tried in vain is in the report, and the one to choose', async (context) => {
  const { report } = await look(context, { faults: { silentOver: 'tcp' } });
  assert.equal(report.transport, 'udp');
  assert.deepEqual(
    report.failedAttempts.map(({ transport, code }) => [transport, code]),
    [['tcp', 'no_packets']],
  );
  assert.deepEqual(
    report.advice.map(({ code }) => code),
    ['tcp_silent'],
  );
});

test('what a rough network does is counted by kind', async (context) => {
  const network = { seed: 5, lost: 0.03, twice: 0.05, late: 0.1 };
  const { report, error } = await look(context, { faults: { network } }, { transport: 'udp', seconds: 3 });
  assert.equal(error, undefined);
  const [video] = report.delivery;
  assert(video!.packetsLost > 0 && video!.duplicates > 0 && video!.reordered > 0, JSON.stringify(video));
  assert(report.advice.some(({ code }) => code === 'loss_over_udp'));
});

test('a refused password still gives a report with what was said', async (context) => {
  const { report, error } = await look(
    context,
    { username: 'joe', password },
    { username: 'joe', password: 'Wr0ng-W0rd' },
  );
  assert.equal(error?.code, 'camera_authentication');
  assert.equal(report.error?.code, 'camera_authentication');
  assert.deepEqual(
    report.advice.map(({ code }) => code),
    ['password_wrong'],
  );
  assert(report.dialogue.some(({ kind, text }) => kind === 'received' && text.startsWith('RTSP/1.0 401')));
  assert.doesNotMatch(JSON.stringify(report), /Wr0ng/);
});

test('an end by the caller ends the look and keeps what was seen', async (context) => {
  const stop = new AbortController();
  const simulator = await startSimulator({ clock: systemClock, cameras: [{ path: 'gate' }] });
  context.after(() => simulator.close());
  const looking = examine({
    url: simulator.url('gate'),
    clock: systemClock,
    seconds: 60,
    signal: stop.signal,
  });
  await until(() => simulator.counters('gate').framesSent > 30);
  stop.abort();
  const { report, error } = await looking;
  assert.equal(error, undefined);
  assert(report.video!.frames > 10);
});

test('a service that is no camera is quoted in the dialogue alone, and shortly', async (context) => {
  const camera = await ScriptedCamera.start([], 'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3 and more of it\r\n');
  context.after(() => camera.close());
  const { report, error } = await examine({ url: camera.url, clock: systemClock });
  assert.equal(error?.code, 'rtsp_malformed');
  assert.doesNotMatch(error.message + JSON.stringify(report.error), /SSH|Debian/);
  assert.deepEqual(
    report.dialogue.filter(({ text }) => text.includes('SSH')).map(({ text }) => text),
    ['what came is not RTSP; it begins with "SSH-2.0-OpenSSH_9.2p1 Debian-2+d"'],
  );
});

test('metadata of a camera are counted, and offered media say what becomes of them', async (context) => {
  const { report, error } = await look(context, { metadata: true });
  assert.equal(error, undefined);
  assert(report.metadata!.documents > 0 && report.metadata!.lost === 0);
  const { recorded, reason } = report.offered.find(({ kind }) => kind === 'application')!;
  assert.deepEqual([recorded, reason], [false, 'metadata are received and counted, and not kept in files']);
});

for (const transport of ['http', 'websocket'] as const) {
  test(`the handshake of a tunnel by ${transport} is in the dialogue, without secrets`, async (context) => {
    const credentials = { username: 'joe', password };
    const { report, error } = await look(context, credentials, { ...credentials, transport, seconds: 1 });
    assert.equal(error, undefined);
    const first = report.dialogue.filter(({ kind }) => kind !== 'note').slice(0, 2);
    assert.match(first[0]!.text, /^GET \/gate HTTP\/1\.[01]\n/);
    assert.match(first[1]!.text, /^HTTP\/1\.[01] (200|101) /);
    assert.doesNotMatch(JSON.stringify(report.dialogue), /cookie: [0-9a-f]/);
  });
}
