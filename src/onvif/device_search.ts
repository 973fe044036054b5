/**
 * Searches for devices: by multicast on every interface, or at one address. Each search ends by itself.
 */
import { randomInt, randomUUID } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { type Clock, sleep } from '../clock/clock.ts';
import { NightjarError, toNightjarError } from '../errors/nightjar_error.ts';
import { formatDeviceAddress, parseDeviceAddress } from './device_address.ts';
import { type FoundDevice, FoundDevices } from './found_devices.ts';
import { probeMessage } from './probe_message.ts';
import { openProbeSocket, type ProbeSocket } from './probe_socket.ts';

/** How long replies from the network are awaited: the last Probe goes out after 1.2 s, and replies take half a second. */
const networkMs = 2800;
/** For all that is tried of one address; with the start of a command it stays below five seconds. */
const addressMs = 4000;
/** A host that is silent for so long does not answer Probes; its ports are tried instead. */
const unicastWaitMs = 800;
/** Interfaces that are searched. */
const maxInterfaces = 32;
const maxProblems = 40;
/** Repetitions of a Probe, for UDP loses some: SOAP-over-UDP (September 2004), section 6. */
const multicastRepeats = 4;
const unicastRepeats = 2;
const [minDelayMs, maxDelayMs, upperDelayMs] = [50, 250, 500];

/** What a search found so far. */
export interface SearchState {
  /** Interfaces with their addresses, or the address that was asked for. */
  readonly searched: readonly string[];
  readonly devices: readonly FoundDevice[];
  /** Replies that were not understood, or more than are listed. */
  readonly ignored: number;
  /** Where it could not be searched and why, in words. */
  readonly problems: readonly string[];
}

export interface Search {
  readonly state: SearchState;
  /** Resolves when the search has ended; never rejects. */
  readonly done: Promise<void>;
}

interface SearchOptions {
  readonly clock: Clock;
  /** Ends the search early, without an error. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Searches by multicast.
 *
 * @param options.interfaces names of those to search on; `all` stands for every one
 */
export function searchNetwork({
  clock,
  signal,
  interfaces: names,
}: SearchOptions & { readonly interfaces: readonly string[] }): Search {
  const found = new FoundDevices();
  const problems = new ProblemList();
  const present = ipv4Interfaces();
  const every = names.includes('all');
  const interfaces = present.filter(({ name }) => every || names.includes(name));
  for (const name of names) {
    if (name !== 'all' && !present.some((each) => each.name === name)) {
      problems.add(`There is no network interface ${name} with an IPv4 address here.`);
    }
  }
  if (interfaces.length > maxInterfaces) {
    problems.add(`Only ${maxInterfaces} of ${interfaces.length} network addresses were searched.`);
  }
  const searched = interfaces.slice(0, maxInterfaces);
  const run = async () => {
    const sockets = await Promise.all(
      searched.map(({ name, address }) =>
        openProbeSocket(
          { interfaceAddress: address },
          {
            onReply: (reply, source) => found.addReply(reply, source),
            onProblem: (why) => problems.add(`${name} (${address}) could not be searched: ${why}.`),
          },
        ),
      ),
    );
    await probeFor(networkMs, { sockets, repeats: multicastRepeats, clock, signal });
  };
  return startSearch({
    searched: searched.map(({ name, address }) => `${name} ${address}`),
    found,
    problems,
    run,
  });
}

/**
 * Searches one address: by a Probe to it alone, and when it does not answer that, at its usual ports.
 *
 * @param options.address host or host:port
 * @throws NightjarError `request_invalid`
 */
export function searchAddress({ address, clock, signal }: SearchOptions & { address: string }): Search {
  const wanted = parseDeviceAddress(address);
  const found = new FoundDevices();
  const problems = new ProblemList();
  const run = async () => {
    const giveUp = new AbortController();
    const timer = clock.after(addressMs, () => giveUp.abort());
    const stop = signal ? AbortSignal.any([signal, giveUp.signal]) : giveUp.signal;
    try {
      const host = await resolveHost(wanted.host, stop);
      const isWanted = (device: FoundDevice) =>
        wanted.port === undefined || (parseDeviceAddress(device.address).port ?? 80) === wanted.port;
      const socket = await openProbeSocket(
        { host },
        {
          onReply: (reply, source) => {
            if (source === host) found.addReply(reply, source, isWanted);
          },
          onProblem: (why) => problems.add(`${host} could not be probed: ${why}.`),
        },
      );
      await probeFor(unicastWaitMs, { sockets: [socket], repeats: unicastRepeats, clock, signal: stop });
      if (found.list.length > 0) return;
      // With the ONVIF client, which is large: most searches end without it.
      const { findDevicePort, usualPorts } = await import('./port_search.ts');
      const ports = wanted.port === undefined ? usualPorts : [wanted.port];
      const port = await findDevicePort({ host, path: wanted.path, clock, signal: stop, ports });
      found.addAddress(formatDeviceAddress({ ...wanted, port }), host);
    } catch (thrown) {
      const isLate = stop.aborted;
      problems.add(isLate ? `${wanted.host} did not answer in time.` : toNightjarError(thrown).message);
    } finally {
      timer.cancel();
    }
  };
  return startSearch({ searched: [address], found, problems, run });
}

/** What went wrong, each thing once and not without end. */
class ProblemList {
  readonly list: string[] = [];

  add(problem: string): void {
    if (this.list.length < maxProblems && !this.list.includes(problem)) this.list.push(problem);
  }
}

function startSearch(parts: {
  searched: readonly string[];
  found: FoundDevices;
  problems: ProblemList;
  run: () => Promise<void>;
}): Search {
  const { searched, found, problems, run } = parts;
  return {
    get state() {
      return { searched, devices: found.list, ignored: found.ignored, problems: [...problems.list] };
    },
    done: run().catch((thrown) => problems.add(toNightjarError(thrown).message)),
  };
}

/** Sends Probes of both forms, again and again as the standard says, and closes the sockets after `milliseconds`. */
async function probeFor(
  milliseconds: number,
  options: {
    sockets: readonly ProbeSocket[];
    repeats: number;
    clock: Clock;
    signal: AbortSignal | undefined;
  },
): Promise<void> {
  const { sockets, repeats, clock, signal } = options;
  const probes = [probeMessage(randomUUID(), true), probeMessage(randomUUID(), false)];
  let waitedMs = 0;
  try {
    let delayMs = randomInt(minDelayMs, maxDelayMs);
    for (let sent = 0; sent < repeats; sent++) {
      for (const probe of probes) for (const socket of sockets) socket.send(probe);
      await sleep(clock, delayMs, signal);
      waitedMs += delayMs;
      delayMs = Math.min(delayMs * 2, upperDelayMs);
    }
    await sleep(clock, Math.max(0, milliseconds - waitedMs), signal);
  } catch (thrown) {
    if (!signal?.aborted) throw thrown;
  } finally {
    for (const socket of sockets) socket.close();
  }
}

function ipv4Interfaces(): { name: string; address: string }[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.filter(({ family }) => family === 'IPv4').map(({ address }) => ({ name, address })),
  );
}

async function resolveHost(host: string, signal: AbortSignal): Promise<string> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  try {
    const { address } = await Promise.race([lookup(host, { family: 4 }), aborted]);
    return address;
  } catch (cause) {
    signal.throwIfAborted();
    throw new NightjarError('camera_name_unknown', `The name ${host} could not be resolved.`, { cause });
  }
}
