import { toNightjarError } from '../errors/nightjar_error.ts';
import { formatDeviceAddress, parseServiceUrl, replyingAddress } from './device_address.ts';
import { type ProbeMatch, readProbeMatches } from './probe_message.ts';

/** Devices that one search lists. */
export const maxDevices = 256;
/** Replies that are read from one address: a device repeats itself, and one host may hold several. */
export const maxRepliesOfSource = 64;
/** Addresses that are heard; far more than the devices that are listed. */
const maxSources = 2048;
/** What is parsed in all, so that a flood costs no more than about a second of one core. */
const maxParsedBytes = 8 * 1024 * 1024;

/** A device that answered a search. */
export interface FoundDevice {
  /** Endpoint reference, or the address when there is none; once in a list. */
  readonly id: string;
  /** Host, with port and path where they are not the usual ones. */
  readonly address: string;
  readonly name: string;
  readonly manufacturer?: string;
  readonly model?: string;
}

interface Entry {
  readonly device: FoundDevice;
  readonly endpoint: string | undefined;
  readonly source: string;
  /** Hosts of the addresses that it names. */
  readonly hosts: ReadonlySet<string>;
}

/** The devices that answered a search so far: bounded in number, memory and time, whatever comes. */
export class FoundDevices {
  #ignored = 0;
  #parsedBytes = 0;
  readonly #entries: Entry[] = [];
  readonly #repliesOf = new Map<string, number>();

  get list(): FoundDevice[] {
    return this.#entries.map(({ device }) => device);
  }

  /** Replies that could not be read, or were more than are listed. */
  get ignored(): number {
    return this.#ignored;
  }

  /**
   * Takes a reply in.
   *
   * @param source IPv4 address that it came from
   * @param wanted whether a device is one of those that are looked for
   */
  addReply(reply: Uint8Array, source: string, wanted: (device: FoundDevice) => boolean = () => true): void {
    if (!this.#admit(reply.length, source)) {
      this.#ignored++;
      return;
    }
    let matches: ProbeMatch[];
    try {
      matches = readProbeMatches(reply);
    } catch (thrown) {
      if (toNightjarError(thrown).code === 'internal') throw thrown;
      this.#ignored++;
      return;
    }
    for (const match of matches) this.#addMatch(match, source, wanted);
  }

  /** Takes a device in that was found at an address without a reply. */
  addAddress(address: string, source: string): void {
    if (this.#entries.some(({ device }) => device.address === address)) return;
    this.#add({
      device: { id: address, address, name: address },
      endpoint: undefined,
      source,
      hosts: new Set(),
    });
  }

  #admit(bytes: number, source: string): boolean {
    const replies = this.#repliesOf.get(source) ?? 0;
    if (replies === 0 && this.#repliesOf.size >= maxSources) return false;
    if (replies >= maxRepliesOfSource || this.#parsedBytes + bytes > maxParsedBytes) return false;
    this.#repliesOf.set(source, replies + 1);
    this.#parsedBytes += bytes;
    return true;
  }

  #addMatch(match: ProbeMatch, source: string, wanted: (device: FoundDevice) => boolean): void {
    const address = formatDeviceAddress(replyingAddress(source, match.xAddrs));
    const hosts = new Set(match.xAddrs.flatMap((url) => parseServiceUrl(url)?.host ?? []));
    const { endpoint } = match;
    if (this.#entries.some((entry) => isSame(entry, { endpoint, source, hosts, address }))) return;
    // Cheap cameras share one endpoint reference among all of a model: none of them may hide another.
    const ids = new Set(this.#entries.map(({ device }) => device.id));
    const id = endpoint ?? address;
    const device: FoundDevice = {
      id: ids.has(id) ? `${id} ${address}` : id,
      address,
      name: match.name ?? match.model ?? address,
      ...(match.manufacturer !== undefined && { manufacturer: match.manufacturer }),
      ...(match.model !== undefined && { model: match.model }),
    };
    if (ids.has(device.id)) this.#ignored++;
    else if (wanted(device)) this.#add({ device, endpoint, source, hosts });
  }

  #add(entry: Entry): void {
    if (this.#entries.length >= maxDevices) this.#ignored++;
    else this.#entries.push(entry);
  }
}

function isSame(entry: Entry, other: Omit<Entry, 'device'> & { address: string }): boolean {
  if (entry.endpoint !== other.endpoint) return false;
  if (entry.source === other.source) return entry.device.address === other.address;
  // One device with two addresses names both of them from each; whoever names another's only lies about it.
  return other.endpoint !== undefined && entry.hosts.has(other.source) && other.hosts.has(entry.source);
}
