import type { Clock } from '../clock/clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { Camera } from '../index/cameras.ts';
import type { Search } from '../onvif/device_search.ts';
import { parseRtspUrl } from '../rtsp/url.ts';
import type { UnixMillis } from '../units/time.ts';
import type { CameraStore } from './camera_store.ts';
import type { DiscoveredDevice, Discovery } from './contract/device.ts';

/** Discoveries that are remembered; whoever asked for one reads it within seconds. */
export const maxDiscoveries = 8;

/** How the network is searched; see src/onvif/device_search.ts. */
export interface DeviceSearches {
  network(signal: AbortSignal): Search;
  /** @throws NightjarError `request_invalid` */
  address(address: string, signal: AbortSignal): Search;
}

interface Kept {
  readonly id: string;
  readonly startedMs: UnixMillis;
  /** Undefined: the network. */
  readonly address: string | undefined;
  readonly search: Search;
  readonly stop: AbortController;
  searching: boolean;
}

/**
 * Searches for devices that somebody asked for, and what they found. The network is searched once at a time: who asks
 * meanwhile shares the search. So is one address; asking for another ends the search for the one before.
 */
export class DiscoveryService {
  readonly #searches: DeviceSearches;
  readonly #cameras: Pick<CameraStore, 'list'>;
  readonly #clock: Clock;
  readonly #newId: () => string;
  readonly #kept: Kept[] = [];

  constructor(options: {
    searches: DeviceSearches;
    cameras: Pick<CameraStore, 'list'>;
    clock: Clock;
    newId: () => string;
  }) {
    this.#searches = options.searches;
    this.#cameras = options.cameras;
    this.#clock = options.clock;
    this.#newId = options.newId;
  }

  /**
   * Begins to search the network, or one address.
   *
   * @throws NightjarError `request_invalid`
   */
  start(address?: string): Discovery {
    const sameKind = this.#kept.find(
      (kept) => kept.searching && (kept.address === undefined) === (address === undefined),
    );
    if (sameKind?.address === address && sameKind) return this.#view(sameKind);
    const stop = new AbortController();
    const search =
      address === undefined
        ? this.#searches.network(stop.signal)
        : this.#searches.address(address, stop.signal);
    sameKind?.stop.abort();
    const kept: Kept = {
      id: this.#newId(),
      startedMs: this.#clock.now(),
      address,
      search,
      stop,
      searching: true,
    };
    void search.done.then(() => {
      kept.searching = false;
    });
    this.#kept.push(kept);
    while (this.#kept.length > maxDiscoveries) this.#kept.shift()?.stop.abort();
    return this.#view(kept);
  }

  /** @throws NightjarError `discovery_unknown` */
  get(id: string): Discovery {
    const kept = this.#kept.find((each) => each.id === id);
    if (kept) return this.#view(kept);
    throw new NightjarError('discovery_unknown', `There is no discovery ${JSON.stringify(id)}.`, {
      place: { field: 'discoveryId' },
    });
  }

  /** Ends what still searches. */
  async stop(): Promise<void> {
    for (const { stop } of this.#kept) stop.abort();
    await Promise.all(this.#kept.map(({ search }) => search.done));
  }

  #view({ id, startedMs, search, searching }: Kept): Discovery {
    const { searched, devices, ignored, problems } = search.state;
    return {
      id,
      state: searching ? 'searching' : 'done',
      startedMs,
      searched: [...searched],
      devices: withCameras(devices, this.#cameras.list()),
      ignored,
      problems: [...problems],
    };
  }
}

/**
 * Devices with the camera that each has become. A camera is told by its address, or by the host of its streams where no
 * other device answers at the same host.
 */
function withCameras(devices: Search['state']['devices'], cameras: readonly Camera[]): DiscoveredDevice[] {
  const hosts = devices.map(({ address }) => hostOf(address));
  return devices.map((device, at) => {
    const host = hosts[at]!;
    const isAlone = hosts.indexOf(host) === hosts.lastIndexOf(host);
    const camera =
      cameras.find(({ address }) => address?.toLowerCase() === device.address) ??
      (isAlone ? cameras.find((each) => hostsOf(each).has(host)) : undefined);
    return { ...device, ...(camera && { cameraId: camera.id }) };
  });
}

function hostOf(address: string): string {
  return /^[^:/]*/.exec(address)![0];
}

function hostsOf({ address, streams }: Camera): Set<string> {
  const hosts = streams
    .filter(({ url }) => url !== '')
    .map(({ url }) => parseRtspUrl(url).host.toLowerCase());
  return new Set(address === undefined ? hosts : [hostOf(address.toLowerCase()), ...hosts]);
}
