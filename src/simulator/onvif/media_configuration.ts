/** The parts that the profiles of both media services have in common, with names and order of `onvif.xsd`. */
import { type DeviceDescription, snapshotUrl } from './device_description.ts';
import type { MediaProfile } from './media_profile.ts';
import { argument, noSuch, notSupported } from './operation.ts';
import type { XmlElement } from './xml_element.ts';
import { type Xml, xml } from './xml_template.ts';

/** A device films with one sensor and one microphone, which all its profiles share. */
export const videoSourceToken = 'video_source';
export const audioSourceToken = 'audio_source';
export const videoSourceConfigurationToken = 'video_source_configuration';

/** Profiles as the faults of the device leave them. */
export function offeredProfiles(device: DeviceDescription): readonly MediaProfile[] {
  return device.faults.emptyProfiles ? [] : device.profiles;
}

/** Those that have an encoder: the first may be at fault. */
export function encodedProfiles(device: DeviceDescription): readonly MediaProfile[] {
  return offeredProfiles(device).filter((profile) => hasEncoder(device, profile));
}

export function hasEncoder(device: DeviceDescription, profile: MediaProfile): boolean {
  return !(device.faults.profileWithoutEncoder && profile === device.profiles[0]);
}

/** @throws SoapFault `ter:NoProfile` */
export function profileOf(device: DeviceDescription, request: XmlElement): MediaProfile {
  const token = argument(request, 'ProfileToken') ?? '';
  const profile = offeredProfiles(device).find((offered) => offered.token === token);
  if (!profile) throw noSuch('ter:NoProfile', `There is no profile with the token "${token}".`);
  return profile;
}

/** The sensor's picture: that of the largest stream. */
export function sensor({ profiles }: DeviceDescription): {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
} {
  const largest = (of: (profile: MediaProfile) => number) => Math.max(1, ...profiles.map(of));
  return {
    width: largest((profile) => profile.video.width),
    height: largest((profile) => profile.video.height),
    framesPerSecond: largest((profile) => profile.video.framesPerSecond),
  };
}

/** What is inside a `tt:VideoSourceConfiguration`. */
export function videoSourceConfiguration(device: DeviceDescription): Xml {
  const { width, height } = sensor(device);
  return xml`<tt:Name>Video source</tt:Name><tt:UseCount>${device.profiles.length}</tt:UseCount><tt:SourceToken>${videoSourceToken}</tt:SourceToken><tt:Bounds x="0" y="0" width="${width}" height="${height}"/>`;
}

/** What is inside a `tt:AudioSourceConfiguration`. */
export function audioSourceConfiguration(device: DeviceDescription): Xml {
  const uses = device.profiles.filter((profile) => profile.audio).length;
  return xml`<tt:Name>Microphone</tt:Name><tt:UseCount>${uses}</tt:UseCount><tt:SourceToken>${audioSourceToken}</tt:SourceToken>`;
}

export function resolution({ video }: MediaProfile): Xml {
  return xml`<tt:Resolution><tt:Width>${video.width}</tt:Width><tt:Height>${video.height}</tt:Height></tt:Resolution>`;
}

/** No multicast. */
export const multicast = xml`<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address><tt:Port>0</tt:Port><tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>`;

/** The unit of bit rates and sampling rates in both services: kbit/s and kHz, whole numbers of at least 1. */
export function thousands(perSecond: number): number {
  return Math.max(1, Math.round(perSecond / 1000));
}

/** @throws SoapFault `ter:ActionNotSupported` for a profile of which there is no picture */
export function snapshotUriOf(device: DeviceDescription, request: XmlElement): string {
  const profile = profileOf(device, request);
  if (!profile.snapshot) throw notSupported(`The profile "${profile.token}" has no snapshot.`);
  return announcedUri(device, snapshotUrl(device, profile));
}

/** The URL with the host that the device's faults have it say. */
export function announcedUri(device: DeviceDescription, uri: string): string {
  const { streamHost } = device.faults;
  return streamHost === undefined ? uri : uri.replace(/^([a-z]+:\/\/)[^:/]+/, `$1${streamHost}`);
}
