/**
 * The cameras of the benchmark in a process of their own, so that what they cost is not measured.
 *
 *     node simulator_process.ts STREAMS VIDEO.h264 PAYLOAD_BYTES SPREAD_MS
 *
 * Prints {"port": …} when ready; for each line on its standard input a line with the counters of all cameras. Ends when
 * that is closed.
 */
import { createInterface } from 'node:readline';
import { systemClock } from '../../../src/clock/system_clock.ts';
import { readClip } from '../../../src/simulator/clip.ts';
import { startSimulator } from '../../../src/simulator/simulator.ts';

const [streams, videoFile, payloadBytes, spreadMs] = process.argv.slice(2);
const clip = await readClip({ videoFile: videoFile!, framesPerSecond: 25 });
const cameras = Array.from({ length: Number(streams) }, (_, index) => ({
  path: `cam${index}`,
  clip,
  maxPayloadBytes: Number(payloadBytes),
  spreadMs: Number(spreadMs),
}));
const simulator = await startSimulator({ clock: systemClock, cameras, wheelIntervalMs: 1 });
process.stdout.write(`${JSON.stringify({ port: simulator.port })}\n`);
for await (const _line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(cameras.map((camera) => simulator.counters(camera.path)))}\n`);
}
process.exit(0);
