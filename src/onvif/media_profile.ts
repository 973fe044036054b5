/**
 * Media profiles (ONVIF Media Service Specification, section 5.2; Media2, section 5.2): what the device sends in each,
 * and which of them are proposed for recording. Pure.
 */
import { labelText } from './label_text.ts';
import { childrenOf, findElement, textAt, type XmlElement } from './xml_document.ts';

/** Profiles of one device that are read: those of a recorder with 32 channels. */
export const maxProfiles = 64;
/** Below it a picture is too small even for a tile. */
export const minSubWidth = 320;

export interface ProfileSettings {
  readonly token: string;
  readonly name: string;
  /** The lens that it shows; devices with several have several. */
  readonly source: string;
  /** `H264`, `H265`, `JPEG`, `MPEG4`, or what the device calls it. */
  readonly codec: string;
  readonly width?: number;
  readonly height?: number;
  readonly framesPerSecond?: number;
  readonly bitsPerSecond?: number;
  readonly audio?: string;
}

/** Profiles with video, from the body of GetProfiles of either media service. */
export function readProfiles(body: XmlElement): ProfileSettings[] {
  const profiles = childrenOf(findElement(body, 'GetProfilesResponse'), 'Profiles');
  return profiles.slice(0, maxProfiles).flatMap((profile) => readProfile(profile) ?? []);
}

function readProfile(profile: XmlElement): ProfileSettings | undefined {
  // Media2 puts the configurations into an element of their own.
  const second = findElement(profile, 'Configurations');
  const part = (name: string) => findElement(second, name) ?? findElement(profile, `${name}Configuration`);
  const token = profile.attributes.get('token');
  const video = part('VideoEncoder');
  if (token === undefined || token.length > 256 || /\p{C}/u.test(token) || !video) return undefined;
  const audio = part('AudioEncoder');
  const sound = audio && (codecName(textAt(audio, 'Encoding')) ?? 'unknown');
  const positive = (...path: string[]) => positiveNumber(textAt(video, ...path));
  const kilobits = positive('RateControl', 'BitrateLimit');
  const [width, height] = [positive('Resolution', 'Width'), positive('Resolution', 'Height')];
  const framesPerSecond = positive('RateControl', 'FrameRateLimit');
  return {
    token,
    name: labelText(textAt(profile, 'Name')) ?? labelText(token) ?? 'profile',
    source: textAt(part('VideoSource'), 'SourceToken')?.slice(0, 256) ?? '',
    codec: codecName(textAt(video, 'Encoding')) ?? 'unknown',
    ...(width !== undefined && { width: Math.round(width) }),
    ...(height !== undefined && { height: Math.round(height) }),
    ...(framesPerSecond !== undefined && { framesPerSecond }),
    ...(kilobits !== undefined && { bitsPerSecond: Math.round(kilobits * 1000) }),
    ...(sound !== undefined && { audio: sound }),
  };
}

function codecName(text: string | undefined): string | undefined {
  const name = labelText(text)?.slice(0, 20);
  const plain = name?.toUpperCase().replace(/[^A-Z0-9]/g, '');
  if (plain === 'H264' || plain === 'AVC') return 'H264';
  if (plain === 'H265' || plain === 'HEVC') return 'H265';
  return name;
}

function positiveNumber(text: string | undefined): number | undefined {
  const number = text !== undefined && /^\d{1,9}(\.\d{1,6})?$/.test(text) ? Number(text) : 0;
  return number > 0 ? number : undefined;
}

export interface Proposal {
  readonly main?: ProfileSettings;
  readonly sub?: ProfileSettings;
  /** What speaks against it, in words. */
  readonly notes: readonly string[];
}

/**
 * Which profiles to record: the largest H.264 picture, else the largest H.265, and the smallest H.264 of the same lens
 * that is still {@link minSubWidth} wide and smaller than that.
 */
export function proposeProfiles(profiles: readonly ProfileSettings[]): Proposal {
  const sources = new Set(profiles.map(({ source }) => source));
  const playable = profiles.filter(({ codec }) => codec === 'H264');
  const candidates = playable.length > 0 ? playable : profiles.filter(({ codec }) => codec === 'H265');
  const source = candidates[0]?.source;
  const [main, ...smaller] = candidates.filter((profile) => profile.source === source).toSorted(largestFirst);
  const sub = smaller.findLast(
    (profile) =>
      profile.codec === 'H264' && (profile.width ?? 0) >= minSubWidth && area(profile) < area(main),
  );
  return { ...(main && { main }), ...(sub && { sub }), notes: notesOn(profiles, main, sources.size) };
}

function notesOn(
  profiles: readonly ProfileSettings[],
  main: ProfileSettings | undefined,
  sources: number,
): string[] {
  const notes: string[] = [];
  if (main?.codec === 'H265') {
    notes.push(
      'All profiles are H.265, which many browsers do not show. Set one to H.264 in the device if you can.',
    );
  }
  const larger = profiles.find(
    ({ codec, source, ...size }) =>
      main?.codec === 'H264' && codec === 'H265' && source === main.source && area(size) > area(main),
  );
  if (larger) {
    notes.push(
      `The larger picture of profile ${larger.name} is H.265, which many browsers do not show. Set it to H.264 in the device to record it.`,
    );
  }
  if (sources > 1)
    notes.push(`The device has ${sources} pictures (lenses or channels); the first one is proposed.`);
  return notes;
}

function largestFirst(a: ProfileSettings, b: ProfileSettings): number {
  return area(b) - area(a) || (b.bitsPerSecond ?? 0) - (a.bitsPerSecond ?? 0);
}

function area(profile: Pick<ProfileSettings, 'width' | 'height'> | undefined): number {
  return (profile?.width ?? 0) * (profile?.height ?? 0);
}
