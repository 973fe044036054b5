import type { Clock } from '../clock/clock.ts';
import { NightjarError, toNightjarError } from '../errors/nightjar_error.ts';
import { DeviceClient } from './device_client.ts';

/** Where cameras listen for ONVIF, the frequent ones first. */
export const usualPorts = [80, 8080, 8000, 8899, 2020, 5000, 10080, 8081, 8888, 6688, 81, 10101] as const;
/** Ports tried at the same time: small devices have few connections to spare. */
const triesAtOnce = 4;
/** For one port. Twelve ports in three rounds take three seconds where packets vanish. */
const tryTimeoutMs = 1000;

/**
 * The first of the usual ports where an ONVIF device answers. It is asked for its time, which needs no password.
 *
 * @throws NightjarError `onvif_off` when something else answers, `onvif_unreachable` when nothing does
 */
export async function findDevicePort(options: {
  host: string;
  path: string;
  clock: Clock;
  signal?: AbortSignal | undefined;
  ports?: readonly number[];
}): Promise<number> {
  const { host, path, clock, signal, ports = usualPorts } = options;
  const found = new AbortController();
  const stop = signal ? AbortSignal.any([signal, found.signal]) : found.signal;
  const remaining = ports.values();
  const failures: NightjarError[] = [];
  let answering: number | undefined;
  let unsure: number | undefined;
  const tryPorts = async () => {
    for (const port of remaining) {
      const client = new DeviceClient({
        device: { host, port, path },
        clock,
        requestTimeoutMs: tryTimeoutMs,
        signal: stop,
      });
      try {
        if ((await client.knock()) === 'unsure') unsure ??= port;
        else {
          answering ??= port;
          found.abort();
        }
      } catch (thrown) {
        if (stop.aborted) return;
        failures.push(toNightjarError(thrown));
      }
    }
  };
  await Promise.all(Array.from({ length: triesAtOnce }, tryPorts));
  if (answering !== undefined) return answering;
  if (unsure !== undefined) return unsure;
  signal?.throwIfAborted();
  const off = failures.find(({ code }) => code === 'onvif_off');
  if (off) throw new NightjarError('onvif_off', `${off.message} No other usual port answers either.`);
  throw new NightjarError(
    'onvif_unreachable',
    `No ONVIF device answers at ${host} (ports ${ports.join(', ')}).`,
    { cause: failures[0] },
  );
}
