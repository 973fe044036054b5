/** Cameras and their streams, as they go in and out of the HTTP API. */
import Type, { type Static } from 'typebox';
import { clearable, clearableNumber, id, instantMs } from './field.ts';
import { Code } from './problem.ts';

/** Streams of one camera. */
export const maxStreams = 2;

export const streamRoles = ['main', 'sub'] as const;

export const streamTransports = ['auto', 'tcp', 'udp', 'multicast', 'http', 'websocket'] as const;

export const Transport = Type.Enum(streamTransports, {
  description:
    'How the media travel: tcp is RTP interleaved in the RTSP connection; auto begins with it and goes to udp when the camera wants that.',
});

export const StreamInput = Type.Object(
  {
    role: Type.Enum(streamRoles, { description: 'main: the best picture; sub: a smaller one.' }),
    url: Type.String({
      minLength: 1,
      maxLength: 2048,
      description: 'An rtsp: or rtsps: URL. Credentials in it are split off and never shown again.',
    }),
    transport: Type.Optional(Transport),
    record: Type.Optional(Type.Boolean({ description: 'Whether it is recorded; true unless given.' })),
  },
  { additionalProperties: false },
);
export type StreamInput = Static<typeof StreamInput>;

const nameText = { minLength: 1, maxLength: 100, description: 'What people call it.' };

const addressText = { minLength: 1, maxLength: 253, description: 'Host name or IP address of the camera.' };

export const usernameText = { maxLength: 255, description: 'User name for the camera.' };

export const passwordText = {
  maxLength: 255,
  description: 'Password for the camera; goes in and never comes out.',
};

export const fingerprintText = {
  maxLength: 200,
  description:
    'SHA-256 fingerprint of the only certificate of the camera to trust, for rtsps: URLs. Needed when nobody vouches for it.',
};

const maxAge = {
  minimum: 0.001,
  maximum: 36_500,
  description: 'Footage older than this many days is deleted; the installation decides when it is null.',
};

const storageRootText = {
  minLength: 1,
  maxLength: 64,
  description:
    'Name of the storage root that new footage goes to; default when it is null. Footage stays where it is.',
};

const eventMaxAge = {
  ...maxAge,
  description:
    'Footage with events may get this many days old, where that is longer than maxAgeDays; the installation decides when it is null.',
};

const mostBytes = {
  minimum: 1_000_000,
  maximum: 1e15,
  description: 'The oldest footage is deleted so that the camera has no more than this; null: no limit.',
};

const minAge = {
  minimum: 0,
  maximum: 876_000,
  description:
    'Guaranteed: footage younger than this many hours is never deleted, even when the disk is full; the installation decides when it is null. No longer than maxAgeDays.',
};

const Streams = Type.Array(StreamInput, {
  minItems: 1,
  maxItems: maxStreams,
  description: 'One main stream, and a sub stream if there is one.',
});

export const CameraInput = Type.Object(
  {
    name: Type.String(nameText),
    address: Type.Optional(clearable(addressText)),
    username: Type.Optional(clearable(usernameText)),
    password: Type.Optional(clearable(passwordText)),
    tlsFingerprint: Type.Optional(clearable(fingerprintText)),
    storageRoot: Type.Optional(clearable(storageRootText)),
    maxAgeDays: clearableNumber(maxAge),
    eventMaxAgeDays: clearableNumber(eventMaxAge),
    maxBytes: Type.Optional(Type.Unsafe<number | null>({ type: ['integer', 'null'], ...mostBytes })),
    minAgeHours: clearableNumber(minAge),
    streams: Streams,
  },
  { additionalProperties: false },
);
export type CameraInput = Static<typeof CameraInput>;

/** What is left out stays; `null` clears. Streams are told by their roles, and keep their ids. */
export const CameraPatch = Type.Object(
  {
    name: Type.Optional(Type.String(nameText)),
    address: CameraInput.properties.address,
    username: CameraInput.properties.username,
    password: CameraInput.properties.password,
    tlsFingerprint: CameraInput.properties.tlsFingerprint,
    maxAgeDays: CameraInput.properties.maxAgeDays,
    storageRoot: CameraInput.properties.storageRoot,
    eventMaxAgeDays: CameraInput.properties.eventMaxAgeDays,
    maxBytes: CameraInput.properties.maxBytes,
    minAgeHours: CameraInput.properties.minAgeHours,
    streams: Type.Optional(Streams),
  },
  { additionalProperties: false, minProperties: 1 },
);
export type CameraPatch = Static<typeof CameraPatch>;

export const CameraParams = Type.Object({
  cameraId: Type.String({ minLength: 1, maxLength: 64, description: 'Id of the camera.' }),
});

export const streamStates = [
  'connecting',
  'recording',
  'backing_off',
  'paused',
  'stopped',
  'needs-address',
] as const;

export const streamAnswer = {
  id: id('Stays when the URL changes.'),
  role: Type.Enum(streamRoles),
  url: Type.String({ description: 'Without credentials.' }),
  transport: Transport,
  transportInUse: Type.Optional(
    Type.Enum(streamTransports, { description: 'While there is a session with the camera.' }),
  ),
  record: Type.Boolean(),
  state: Type.Enum(streamStates),
  stateReason: Type.String({ description: 'What is so and what to do about it, in words.' }),
  errorCode: Type.Optional(Code),
  sinceMs: instantMs('Since when the state is so.'),
  codecs: Type.Array(Type.String(), { description: 'RFC 6381 strings of the tracks being recorded.' }),
  width: Type.Optional(Type.Integer()),
  height: Type.Optional(Type.Integer()),
  bitsPerSecond: Type.Number(),
  framesPerSecond: Type.Number(),
  lastFootageMs: Type.Optional(instantMs('End of the newest footage in a file.')),
};

export const StreamAnswer = Type.Object(streamAnswer);
export type StreamAnswer = Static<typeof StreamAnswer>;

export const cameraAnswer = {
  id: id('Stays for ever.'),
  name: Type.String(),
  address: Type.Optional(Type.String()),
  username: Type.Optional(Type.String()),
  hasPassword: Type.Boolean({ description: 'Whether a password is kept; it is never shown.' }),
  tlsFingerprint: Type.Optional(
    Type.String({ description: 'Of its trusted certificate, when there is one.' }),
  ),
  createdMs: instantMs('When it was added.'),
  maxAgeDays: Type.Optional(Type.Number({ description: 'Its own, when it has one.' })),
  storageRoot: Type.String({ description: 'Name of the storage root that its footage goes to.' }),
  eventMaxAgeDays: Type.Optional(Type.Number({ description: 'Its own, when it has one.' })),
  maxBytes: Type.Optional(Type.Integer({ description: 'When it has a limit.' })),
  minAgeHours: Type.Optional(Type.Number({ description: 'Its own, when it has one.' })),
};

export const CameraAnswer = Type.Object({ ...cameraAnswer, streams: Type.Array(StreamAnswer) });
export type CameraAnswer = Static<typeof CameraAnswer>;

export const CameraList = Type.Object({ cameras: Type.Array(CameraAnswer) });
