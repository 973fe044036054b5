import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ffprobe } from '../../fixtures/ffprobe.ts';

export interface RecordedFrames {
  readonly frames: number;
  /** Places inside a file where a picture does not follow one frame later than the one before. */
  readonly holes: number;
}

/** Counts the pictures in all MP4 files below a folder, by ffprobe. */
export async function recordedFrames(folder: string, framesPerSecond: number): Promise<RecordedFrames> {
  let frames = 0;
  let holes = 0;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.mp4'));
  for (const file of files) {
    const { packets, streams } = await ffprobe(join(file.parentPath, file.name), {
      packets: true,
      arguments: ['-select_streams', 'v:0'],
    });
    const [, timescale] = (streams[0]?.time_base ?? '1/90000').split('/').map(Number);
    const step = timescale! / framesPerSecond;
    frames += packets.length;
    for (let index = 1; index < packets.length; index++) {
      const difference = packets[index]!.pts! - packets[index - 1]!.pts!;
      if (Math.abs(difference - step) > step / 2) holes++;
    }
  }
  return { frames, holes };
}
