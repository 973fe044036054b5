import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SimulatedClock } from '../../src/clock/simulated_clock.ts';
import type { Dialogue } from '../../src/dialogue/dialogue.ts';
import { formatDialogue, parseDialogue } from '../../src/dialogue/dialogue_text.ts';
import { examine, type ProbeOutcome } from '../../src/probe/probe.ts';
import { DialogueCamera } from '../../src/simulator/dialogue_camera.ts';
import { recordFixture } from './fixture_recording.ts';

/** A camera of the fixtures is probed and captured; what was captured does the same to the recorder. */

const folder = fileURLToPath(new URL('../fixtures/cameras/', import.meta.url));
/** Simulated, after the first key frame: longer than a camera may be silent, so that the last picture is told to be whole. */
const seconds = 20;

/** Those that differ most in what they say, send and break. */
const cameras: readonly [name: string, advice: readonly string[]][] = [
  ['vstarcam-plain-digest', []],
  ['generic-redirect', []],
  ['generic-server-requests', []],
  ['generic-corrupt-framing', ['framing_lost']],
  ['generic-unknown-channel', []],
  ['live555-2017', []],
  ['generic-udp-reordering', ['packets_reordered']],
  ['raspberry-pi-cvlc', []],
  ['hikvision-sha256', []],
  ['generic-jpeg', ['motion_jpeg']],
  ['openipc-h265', ['h265']],
  ['intelbras-jumps', ['time_stamps']],
  ['generic-resolution-switch', ['size_changes']],
  ['generic-b-frames', ['b_frames']],
  ['foscam-no-rtpmap', ['audio_unplayable']],
];

async function probeCamera(dialogue: Dialogue): Promise<ProbeOutcome> {
  const clock = new SimulatedClock();
  const camera = await DialogueCamera.start({ dialogue, clock, onSurprise() {} });
  let over = false;
  const { transport, login } = dialogue;
  const capture = { source: 'a test' };
  const looking = examine({ url: camera.url, ...login, transport, clock, seconds, capture }).finally(() => {
    over = true;
  });
  // Lets the sockets work before time goes on.
  while (!over) {
    for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(20);
  }
  await camera.close();
  return looking;
}

describe('fixtures that are captured', { concurrency: 3 }, () => {
  for (const [name, advice] of cameras) {
    test(`${name}: what was captured of it is recorded as it was`, async () => {
      const dialogue = parseDialogue(await readFile(`${folder}${name}/dialogue.txt`, 'utf8'), name);
      const { report, captured } = await probeCamera(dialogue);
      const codes = report.advice.map(({ code }) => code);
      for (const code of advice) assert(codes.includes(code), `${code} is not among ${codes.join(', ')}`);
      const frames = report.video!.frames;
      assert(frames >= 8);
      const played = await recordFixture(parseDialogue(formatDialogue(captured!.dialogue), 'captured'));
      assert.deepEqual(played.surprises, []);
      assert.equal(played.missing, undefined);
      const samples = played.files.flatMap(({ tracks }) =>
        tracks.filter(({ kind }) => kind === 'video').map((track) => track.samples),
      );
      assert.equal(
        samples.reduce((sum, count) => sum + count, 0),
        frames,
      );
    });
  }
});
