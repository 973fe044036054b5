/** A simulated camera as a process: NAME ADDRESS. Prints where its ONVIF device is, and runs until it is ended. */
import { pino } from 'pino';
import { systemClock } from '../../src/clock/system_clock.ts';
import { demoClip } from '../../src/simulator/clip.ts';
import { startSimulatedDevice } from '../../src/simulator/simulated_device.ts';

const [name = '', address = ''] = process.argv.slice(2);
const device = await startSimulatedDevice({
  clock: systemClock,
  logger: pino({ level: 'warn' }, pino.destination(2)),
  name,
  address,
  onvifPort: 8000,
  rtspPort: 554,
  credentials: { username: 'admin', password: 'secret' },
  streams: [
    { role: 'main', path: 'main' },
    { role: 'sub', path: 'sub', clip: await demoClip('sub') },
  ],
});
console.log(device.onvifAddress);
