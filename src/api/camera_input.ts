import { NightjarError, toNightjarError } from '../errors/nightjar_error.ts';
import type { Camera, CameraChanges, CameraStream } from '../index/cameras.ts';
import { defaultRootName } from '../roots/root_folders.ts';
import { readFingerprint } from '../rtsp/certificate.ts';
import { splitCredentials } from '../rtsp/url.ts';
import type { UnixMillis } from '../units/time.ts';
import type { CameraInput, CameraPatch, StreamInput } from './contract/camera.ts';
import { isHostOfCamera, isOfCamera } from './kept_credentials.ts';
import { requirePrintable } from './printable_line.ts';

interface Credentials {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/**
 * A camera from what was sent for it.
 *
 * @param roots names of the storage roots
 * @param newId makes ids for the camera and its streams
 * @throws NightjarError `request_invalid`
 */
export function newCamera(
  input: CameraInput,
  roots: readonly string[],
  newId: () => string,
  nowMs: UnixMillis,
): Camera {
  const { streams, credentials } = readStreams(input.streams, [], newId);
  return {
    id: newId(),
    name: readName(input.name),
    address: readAddress(input.address),
    username: (input.username || undefined) ?? credentials.username,
    password: (input.password || undefined) ?? credentials.password,
    tlsFingerprint: input.tlsFingerprint ? readFingerprint(input.tlsFingerprint) : undefined,
    createdMs: nowMs,
    storageRoot: readStorageRoot(input.storageRoot, roots),
    ...checkedAges({
      maxAgeDays: input.maxAgeDays ?? undefined,
      eventMaxAgeDays: input.eventMaxAgeDays ?? undefined,
      minAgeHours: input.minAgeHours ?? undefined,
    }),
    maxBytes: input.maxBytes ?? undefined,
    streams,
  };
}

/**
 * What a patch changes of a camera. A stream keeps its id as long as its role is there. A kept password stays with the
 * address that it was given for.
 *
 * @param roots names of the storage roots
 * @throws NightjarError `request_invalid`
 */
export function cameraChanges(
  before: Camera,
  patch: CameraPatch,
  roots: readonly string[],
  newId: () => string,
): CameraChanges {
  const read = patch.streams && readStreams(patch.streams, before.streams, newId);
  const username = patch.username === undefined ? undefined : { username: patch.username || undefined };
  const password = patch.password === undefined ? undefined : { password: patch.password || undefined };
  const { tlsFingerprint } = patch;
  const changes: CameraChanges = {
    ...(patch.name !== undefined && { name: readName(patch.name) }),
    ...(patch.address !== undefined && { address: readAddress(patch.address) }),
    ...(tlsFingerprint !== undefined && {
      tlsFingerprint: tlsFingerprint ? readFingerprint(tlsFingerprint) : undefined,
    }),
    ...(patch.maxAgeDays !== undefined && { maxAgeDays: patch.maxAgeDays ?? undefined }),
    ...(patch.storageRoot !== undefined && { storageRoot: readStorageRoot(patch.storageRoot, roots) }),
    ...(patch.eventMaxAgeDays !== undefined && { eventMaxAgeDays: patch.eventMaxAgeDays ?? undefined }),
    ...(patch.maxBytes !== undefined && { maxBytes: patch.maxBytes ?? undefined }),
    ...(patch.minAgeHours !== undefined && { minAgeHours: patch.minAgeHours ?? undefined }),
    ...(read && { streams: read.streams }),
    ...read?.credentials,
    ...username,
    ...password,
  };
  checkedAges({ ...before, ...changes });
  if (before.password !== undefined && !('password' in changes)) requireSamePlace(before, changes);
  return changes;
}

/** Else whoever may change a camera could have its password sent to a host of their own. */
function requireSamePlace(before: Camera, { streams = [], address }: CameraChanges): void {
  const moved = streams.find(({ url }) => url !== '' && !isOfCamera(before, url))?.url;
  const place = moved ?? (address !== undefined && !isHostOfCamera(before, address) ? address : undefined);
  if (place === undefined) return;
  throw invalid(
    'password',
    `A password is kept for the camera: type it again, since ${place} is another address, or clear it.`,
  );
}

type Ages = Pick<Camera, 'maxAgeDays' | 'eventMaxAgeDays' | 'minAgeHours'>;

/** What is guaranteed to stay cannot have to go. */
function checkedAges<Some extends Ages>(ages: Some): Some {
  const { maxAgeDays, minAgeHours } = ages;
  if (maxAgeDays === undefined || minAgeHours === undefined) return ages;
  // Without what binary fractions add or take: 0.7 days are 16.8 hours.
  const mostHours = Number((maxAgeDays * 24).toPrecision(12));
  if (minAgeHours <= mostHours) return ages;
  throw invalid(
    'minAgeHours',
    `minAgeHours is ${minAgeHours}, but must be at most ${mostHours}, the hours of maxAgeDays.`,
  );
}

function readName(name: string): string {
  const trimmed = name.trim();
  if (trimmed === '') throw invalid('name', 'name must not be blank.');
  requirePrintable('name', trimmed);
  return trimmed;
}

function readAddress(address: string | null | undefined): string | undefined {
  if (address === null || address === undefined) return undefined;
  // With port and path it is the address of an ONVIF device, as a discovery names it.
  if (/^[a-z0-9._:[\]%-]+(?:\/[\w.-][\x21-\x7e]*)?$/i.test(address)) return address;
  throw invalid('address', 'address must be a host name or an IP address, without scheme.');
}

function readStorageRoot(name: string | null | undefined, roots: readonly string[]): string | undefined {
  if (name === null || name === undefined || name === defaultRootName) return undefined;
  if (roots.includes(name)) return name;
  throw invalid(
    'storageRoot',
    `storageRoot is ${JSON.stringify(name)}, but must be one of ${roots.join(', ')}, or null.`,
  );
}

function readStreams(
  inputs: readonly StreamInput[],
  before: readonly CameraStream[],
  newId: () => string,
): { streams: CameraStream[]; credentials: Credentials } {
  let credentials: Credentials = {};
  const streams = inputs.map((input, at): CameraStream => {
    const field = `streams.${at}`;
    if (inputs.findIndex(({ role }) => role === input.role) !== at) {
      throw invalid(
        `${field}.role`,
        `${field}.role is ${input.role} again, but each role may be there once.`,
      );
    }
    const found = readStreamUrl(input.url, `${field}.url`);
    if (found.username !== undefined) {
      if (credentials.username !== undefined && !sameCredentials(credentials, found)) {
        throw invalid(
          `${field}.url`,
          'The URLs carry different credentials, but a camera has one user name and one password.',
        );
      }
      credentials = { username: found.username, password: found.password };
    }
    return {
      id: before.find(({ role }) => role === input.role)?.id ?? newId(),
      role: input.role,
      url: found.url,
      transport: input.transport ?? 'auto',
      record: input.record ?? true,
    };
  });
  return { streams, credentials };
}

function sameCredentials(a: Credentials, b: Credentials): boolean {
  return a.username === b.username && a.password === b.password;
}

/**
 * An RTSP URL, with the credentials split off it.
 *
 * @param field of the request, for the error
 * @throws NightjarError `request_invalid`
 */
export function readStreamUrl(text: string, field: string): Credentials & { readonly url: string } {
  try {
    return splitCredentials(text);
  } catch (thrown) {
    // The error of the split speaks of a URL; here it is known which one.
    throw invalid(field, `${field}: ${toNightjarError(thrown).message}`);
  }
}

function invalid(field: string, detail: string): NightjarError {
  return new NightjarError('request_invalid', detail, { place: { field } });
}
