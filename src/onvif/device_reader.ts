import type { Clock } from '../clock/clock.ts';
import { NightjarError, toNightjarError } from '../errors/nightjar_error.ts';
import type { Credentials } from '../rtsp/digest.ts';
import { type DeviceAddress, formatDeviceAddress, parseDeviceAddress } from './device_address.ts';
import { DeviceClient, type ServiceAddress, systemDateAndTime } from './device_client.ts';
import {
  type DeviceInformation,
  type MediaServices,
  readCapabilities,
  readDeviceInformation,
  readDeviceTime,
  readServices,
} from './device_description.ts';
import { type ProfileSettings, proposeProfiles, readProfiles } from './media_profile.ts';
import { findDevicePort } from './port_search.ts';
import { readStreamUrl } from './stream_url.ts';
import { escapeXml } from './xml_document.ts';

/** For one request and its answer. */
const requestTimeoutMs = 5000;
/** For everything that is asked of a device. */
const maxReadMs = 20_000;
/** WS-Security lets a request be five minutes old; more than this is worth a word. */
const clockToleranceMs = 60_000;

export interface DeviceProfile extends Omit<ProfileSettings, 'source'> {
  readonly role?: 'main' | 'sub';
  /** Without credentials. */
  readonly url: string;
}

/** What one ONVIF device is and sends. */
export interface DeviceReport extends DeviceInformation {
  /** As it was reached. */
  readonly address: string;
  readonly name: string;
  readonly media: 'media2' | 'media1';
  readonly profiles: DeviceProfile[];
  /** What a person should know of it, in words. */
  readonly notes: string[];
}

/**
 * Reads one device: its clock, what it is, its profiles and their streams. Media2 where it is offered and works, else
 * the older media service.
 *
 * @param options.address host, host:port, or with a path
 * @throws NightjarError `request_invalid`, `onvif_unreachable`, `onvif_off`, `onvif_credentials`, `onvif_clock`,
 *   `onvif_malformed`, `onvif_rejected`, `onvif_no_media`; the signal's reason when that is aborted
 */
export async function readDevice(options: {
  address: string;
  username?: string | undefined;
  password?: string | undefined;
  clock: Clock;
  signal?: AbortSignal;
}): Promise<DeviceReport> {
  const { clock, signal } = options;
  const address = parseDeviceAddress(options.address);
  const credentials = readCredentials(options);
  const giveUp = new AbortController();
  const stop = signal ? AbortSignal.any([signal, giveUp.signal]) : giveUp.signal;
  const timer = clock.after(maxReadMs, () => {
    const seconds = maxReadMs / 1000;
    giveUp.abort(
      new NightjarError(
        'onvif_unreachable',
        `${address.host} did not answer everything within ${seconds} s.`,
      ),
    );
  });
  try {
    const device = await reachDevice(address, clock, stop);
    return await new DeviceReading({ device, credentials, clock, signal: stop }).read();
  } finally {
    timer.cancel();
    giveUp.abort();
  }
}

function readCredentials({
  username,
  password = '',
}: {
  username?: string | undefined;
  password?: string | undefined;
}): Credentials | undefined {
  if (username === undefined || username === '') return undefined;
  for (const [field, text] of [
    ['username', username],
    ['password', password],
  ] as const) {
    if (/\p{Cc}/u.test(text)) {
      throw new NightjarError('request_invalid', `${field} must be one line of printable text.`, {
        place: { field },
      });
    }
  }
  return { username, password };
}

async function reachDevice(
  address: DeviceAddress,
  clock: Clock,
  signal: AbortSignal,
): Promise<ServiceAddress> {
  const { host, port, path } = address;
  if (port !== undefined) return { host, port, path };
  return { host, port: await findDevicePort({ host, path, clock, signal }), path };
}

/** One device while it is being read. */
class DeviceReading {
  readonly #device: ServiceAddress;
  readonly #client: DeviceClient;
  readonly #notes: string[] = [];

  constructor(options: {
    device: ServiceAddress;
    credentials: Credentials | undefined;
    clock: Clock;
    signal: AbortSignal;
  }) {
    this.#device = options.device;
    this.#client = new DeviceClient({ ...options, requestTimeoutMs });
  }

  async read(): Promise<DeviceReport> {
    await this.#readTime();
    try {
      const services = await this.#readServices();
      const information = await this.#readInformation();
      const { media, settings, urls } = await this.#readMedia(services);
      const { main, sub, notes } = proposeProfiles(settings.filter(({ token }) => urls.has(token)));
      const profiles = settings.flatMap(({ source: _, ...profile }): DeviceProfile[] => {
        const url = urls.get(profile.token);
        if (url === undefined) return [];
        const role =
          profile.token === main?.token ? 'main' : profile.token === sub?.token ? 'sub' : undefined;
        return [{ ...profile, url, ...(role && { role }) }];
      });
      const { host } = this.#device;
      const label = [information.manufacturer, information.model].filter(Boolean).join(' ');
      return {
        address: formatDeviceAddress(this.#device),
        name: label || host,
        ...information,
        media,
        profiles,
        notes: [...this.#notes, ...notes],
      };
    } catch (thrown) {
      throw this.#withClock(thrown);
    }
  }

  /** O1: before anything else and without authentication, for what comes after is dated by it. */
  async #readTime(): Promise<void> {
    try {
      const body = await this.#client.ask(systemDateAndTime);
      const timeMs = readDeviceTime(body);
      if (timeMs !== undefined) this.#client.setDeviceTime(timeMs);
    } catch (thrown) {
      // Some want a password even for this; then the server's own time has to do.
      const { code } = toNightjarError(thrown);
      if (code !== 'onvif_credentials' && code !== 'onvif_rejected') throw thrown;
    }
    const offsetMs = this.#client.clockOffsetMs;
    if (Math.abs(offsetMs) > clockToleranceMs) {
      this.#notes.push(`The device's clock is ${clockWords(offsetMs)}. Set its time or its NTP server.`);
    }
  }

  /** O2: a device whose clock is wrong may refuse the right password. */
  #withClock(thrown: unknown): unknown {
    const offsetMs = this.#client.clockOffsetMs;
    const refused = thrown instanceof NightjarError && thrown.code === 'onvif_credentials';
    if (!refused || !this.#client.hasCredentials || Math.abs(offsetMs) <= clockToleranceMs) return thrown;
    return new NightjarError('onvif_clock', `${thrown.message} Its clock is ${clockWords(offsetMs)}.`, {
      cause: thrown,
    });
  }

  async #readServices(): Promise<MediaServices> {
    try {
      const body = await this.#client.ask((camera) => camera.getServices(false));
      const services = readServices(body, this.#device);
      if (services.media1 || services.media2) return services;
    } catch (thrown) {
      // Devices from before 2011 do not know GetServices.
      if (!isAboutContent(thrown)) throw thrown;
    }
    const body = await this.#client.ask((camera) => camera.getCapabilities());
    const services = readCapabilities(body, this.#device);
    if (services.media1 || services.media2) return services;
    throw new NightjarError('onvif_no_media', `${this.#device.host} offers no media service.`);
  }

  async #readInformation(): Promise<DeviceInformation> {
    try {
      return readDeviceInformation(await this.#client.ask((camera) => camera.getDeviceInformation()));
    } catch (thrown) {
      if (!isAboutContent(thrown)) throw thrown;
      this.#notes.push('The device does not say what it is.');
      return {};
    }
  }

  /** O9: the newer service where it works, else the older. */
  async #readMedia({ media1, media2 }: MediaServices): Promise<Media> {
    if (media2) {
      try {
        return await this.#readProfiles('media2', media2);
      } catch (thrown) {
        if (!media1 || !isAboutContent(thrown)) throw thrown;
        this.#notes.push('Its newer media service (Media2) does not work; the older one is used.');
      }
    }
    if (media1) return await this.#readProfiles('media1', media1);
    throw new NightjarError('onvif_no_media', `${this.#device.host} offers no media service.`);
  }

  async #readProfiles(media: Media['media'], service: ServiceAddress): Promise<Media> {
    this.#client.useMedia2(media === 'media2');
    const settings = readProfiles(await this.#client.ask((camera) => camera.getProfiles(), service));
    const urls = new Map<string, string>();
    const replaced = new Set<string>();
    let failure: unknown;
    for (const { token } of settings) {
      try {
        const profileToken = escapeXml(token);
        const body = await this.#client.ask(
          (camera) => camera.getStreamUri({ protocol: 'RTSP', profileToken }, () => {}),
          service,
        );
        const { url, replacedHost } = readStreamUrl(body, this.#device.host);
        urls.set(token, url);
        if (replacedHost !== undefined) replaced.add(replacedHost);
      } catch (thrown) {
        if (!isAboutContent(thrown)) throw thrown;
        failure ??= thrown;
      }
    }
    if (urls.size === 0) {
      throw failure ?? new NightjarError('onvif_no_media', `${this.#device.host} has no profile with video.`);
    }
    const without = settings.filter(({ token }) => !urls.has(token)).map(({ name }) => name);
    if (without.length > 0) {
      this.#notes.push(`The device names no stream for these profiles: ${without.join(', ')}.`);
    }
    for (const host of replaced) {
      this.#notes.push(
        `It names its streams at ${host}; ${this.#device.host}, where it answers, is used instead.`,
      );
    }
    return { media, settings, urls };
  }
}

interface Media {
  readonly media: 'media2' | 'media1';
  readonly settings: readonly ProfileSettings[];
  /** By token. */
  readonly urls: ReadonlyMap<string, string>;
}

/** Whether the device answers, only not what was asked: another request may fare better. */
function isAboutContent(thrown: unknown): boolean {
  const codes = ['onvif_rejected', 'onvif_malformed', 'onvif_off', 'onvif_no_media'];
  return thrown instanceof NightjarError && codes.includes(thrown.code);
}

function clockWords(offsetMs: number): string {
  const minutes = Math.round(Math.abs(offsetMs) / 60_000);
  const amount =
    minutes < 120
      ? `${minutes} minutes`
      : minutes < 2880
        ? `${Math.round(minutes / 60)} hours`
        : `${Math.round(minutes / 1440)} days`;
  return `${amount} ${offsetMs < 0 ? 'behind' : 'ahead'}`;
}
