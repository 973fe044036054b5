/**
 * Marking cameras in a process of their own, so that they go on in time whatever the harness does:
 *
 *     fork('cameras_process.ts', [count, paddingBytes])
 *
 * Sends {port} when ready, and for each message the sessions of all cameras. Ends with its parent.
 */
import { systemClock } from '../../src/clock/system_clock.ts';
import { RtspServer } from '../../src/rtsp/server.ts';
import { demoClip } from '../../src/simulator/clip.ts';
import { MarkingCamera } from './marking_camera.ts';

const [count, paddingBytes] = process.argv.slice(2).map(Number);
const clip = await demoClip('sub');
const cameras = Array.from(
  { length: count! },
  (_, number) => new MarkingCamera({ number, clip, clock: systemClock, paddingBytes: paddingBytes! }),
);
const server = await RtspServer.listen({
  clock: systemClock,
  find: (name) => cameras.find(({ path }) => path === name.split('/')[0]),
});
process.on('message', () => process.send!(cameras.map(({ sessions }) => sessions)));
process.on('disconnect', () => process.exit(0));
process.send!({ port: server.port });
