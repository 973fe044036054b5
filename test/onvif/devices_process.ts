/**
 * Simulated devices as a process of their own, for a network namespace: one at each address given. Writes a line of
 * JSON when they run; they end, with their good-byes, when the standard input does.
 */
import { once } from 'node:events';
import { pino } from 'pino';
import { systemClock } from '../../src/clock/system_clock.ts';
import { startSimulatedDevice } from '../../src/simulator/simulated_device.ts';

const devices = await Promise.all(
  process.argv.slice(2).map((address, index) =>
    startSimulatedDevice({
      clock: systemClock,
      logger: pino({ level: 'warn' }, process.stderr),
      name: `Camera ${index + 1}`,
      address,
      credentials: { username: 'admin', password: 'secret' },
      streams: [{ role: 'main', path: 'main' }],
    }),
  ),
);
const told = devices.map(({ address, endpoint, url, streams }) => ({ address, endpoint, url, streams }));
process.stdout.write(`${JSON.stringify(told)}\n`);
await once(process.stdin.resume(), 'end');
await Promise.all(devices.map((device) => device.close()));
