import { type ProbeReport, probe } from '../recorder/probe.ts';
import { decimalNumber } from '../settings/value.ts';
import { cameraOptions } from './camera_options.ts';
import { exitGood, type Invocation } from './command.ts';
import { optionValue } from './option_value.ts';

const defaultSeconds = 5;

/** Says what a camera sends. */
export async function run(invocation: Invocation): Promise<number> {
  const { operands, process, json } = invocation;
  const seconds = optionValue(invocation, 'duration', decimalNumber(1, 60)) ?? defaultSeconds;
  const report = await probe({
    url: operands[0]!,
    ...cameraOptions(invocation),
    clock: process.clock,
    seconds,
    signal: process.signal,
  });
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : reportText(report));
  return exitGood;
}

function reportText({
  url,
  transport,
  video,
  audio,
  packets,
  packetsLost,
  damagedUnits,
  notes,
}: ProbeReport): string {
  const keyFrames =
    video.keyFrameIntervalMs === undefined
      ? 'key frames too far apart to measure'
      : `a key frame every ${(video.keyFrameIntervalMs / 1000).toFixed(1)} s`;
  const sound =
    audio === undefined
      ? 'none'
      : `${audio.codec} (${audio.codecString}), ${audio.sampleRate} Hz, ${audio.channels} channels, ${kilobits(audio.bitsPerSecond)}`;
  const lines = [
    url,
    `  video  ${video.codec} (${video.codecString}), ${video.width}x${video.height}, ${video.framesPerSecond} frames a second, ${keyFrames}, ${kilobits(video.bitsPerSecond)}`,
    `  audio  ${sound}`,
    `  over   ${transport}`,
    `  loss   ${packetsLost} of ${packets + packetsLost} packets, ${damagedUnits} damaged frames`,
    ...notes.map((note) => `  note   ${note}`),
    'It can be recorded.',
  ];
  return `${lines.join('\n')}\n`;
}

function kilobits(bitsPerSecond: number): string {
  return `${Math.round(bitsPerSecond / 1000)} kbit/s`;
}
