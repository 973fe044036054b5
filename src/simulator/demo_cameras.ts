import type { Clock } from '../clock/clock.ts';
import type { SimulatedCamera } from './camera.ts';
import { demoClip } from './clip.ts';
import { type SimulatorServer, startSimulator } from './simulator.ts';

/** A camera as a person would add it. */
export interface DemoCamera {
  readonly name: string;
  readonly username: string;
  readonly password: string;
  readonly streams: readonly { readonly role: 'main' | 'sub'; readonly url: string }[];
}

const credentials = { username: 'demo', password: 'demo' };

/** Half a clip apart, so that the two pictures are seen to differ. */
const places = [
  { name: 'Front door', path: 'front-door', startFrame: 0 },
  { name: 'Garage', path: 'garage', startFrame: 100 },
];

/** Starts the two cameras of `nightjar demo` on a free port, each with a main and a sub stream. */
export async function startDemoCameras(
  clock: Clock,
): Promise<{ server: SimulatorServer; cameras: readonly DemoCamera[] }> {
  const sub = await demoClip('sub');
  const simulated = places.flatMap(({ path, startFrame }): SimulatedCamera[] => [
    { path: `${path}/main`, startFrame, ...credentials },
    { path: `${path}/sub`, startFrame, ...credentials, clip: sub },
  ]);
  const server = await startSimulator({ clock, cameras: simulated });
  const cameras = places.map(({ name, path }) => ({
    name,
    ...credentials,
    streams: (['main', 'sub'] as const).map((role) => ({ role, url: server.url(`${path}/${role}`) })),
  }));
  return { server, cameras };
}
