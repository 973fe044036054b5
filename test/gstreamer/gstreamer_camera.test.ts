import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ffprobe, runTool } from '../fixtures/ffprobe.ts';
import { frameNumbers } from '../fixtures/frame_numbers.ts';
import { numberedClip } from '../fixtures/numbered_clip.ts';
import { gstreamerMissing, startGstreamerCamera } from './gstreamer_camera.ts';

const skip = await gstreamerMissing();

test('GStreamer sends every picture of a clip, and says how many', { skip }, async () => {
  const clip = await numberedClip({ frames: 100, framesPerSecond: 100 });
  const camera = await startGstreamerCamera({ clip: clip.mp4File, audio: false });
  try {
    assert.deepEqual(
      await frameNumbers(camera.url('clip')),
      Array.from({ length: 100 }, (_, index) => index),
    );
    assert.equal(await camera.framesSent(), 100);
  } finally {
    await camera.stop();
  }
});

test('the live picture of GStreamer has H.264 and AAC and asks for a password', { skip }, async () => {
  const camera = await startGstreamerCamera({ username: 'admin', password: 'secret word' });
  try {
    await assert.rejects(ffprobe(camera.url('live')), /401 Unauthorized/);
    const url = camera.url('live').replace('rtsp://', 'rtsp://admin:secret%20word@');
    const probe = await ffprobe(url, { arguments: ['-analyzeduration', '500000'] });
    assert.deepEqual(
      probe.streams.map((stream) => stream.codec_name),
      ['h264', 'aac'],
    );
  } finally {
    await camera.stop();
  }
});

test('the live picture of GStreamer has B-frames when asked', { skip }, async () => {
  const camera = await startGstreamerCamera({ bFrames: 2, audio: false });
  try {
    const args = ['-v', 'error', '-rtsp_transport', 'tcp', '-i', camera.url('live'), '-frames:v', '20'];
    const result = await runTool('ffmpeg', [...args, '-vf', 'showinfo', '-v', 'info', '-f', 'null', '-']);
    assert.match(result.errors, /type:B/);
  } finally {
    await camera.stop();
  }
});
