/**
 * What goes in and out of the HTTP API under /api/v1: one schema each for validation, documentation and types.
 * Instants are integer epoch milliseconds in fields that end in `Ms`.
 */
import Type, { type Static } from 'typebox';
import { type ErrorCode, errorCatalogue } from '../errors/catalogue.ts';
import { gapCauses } from '../footage/gap_cause.ts';

/** Streams of one camera. */
export const maxStreams = 2;

const instantMs = (description: string) => Type.Integer({ description });
const id = (description: string) => Type.String({ description });
const count = (description: string) => Type.Integer({ minimum: 0, description });

/** A text that `null` clears. */
const clearable = (options: { minLength?: number; maxLength: number; description: string }) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], ...options });

// Requests

export const streamRoles = ['main', 'sub'] as const;
export const streamTransports = ['auto', 'tcp', 'udp', 'multicast', 'http', 'websocket'] as const;

const Transport = Type.Enum(streamTransports, {
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

const nameText = { minLength: 1, maxLength: 100, description: 'What people call it.' };
const addressText = { minLength: 1, maxLength: 253, description: 'Host name or IP address of the camera.' };
const usernameText = { maxLength: 255, description: 'User name for the camera.' };
const passwordText = { maxLength: 255, description: 'Password for the camera; goes in and never comes out.' };
const fingerprintText = {
  maxLength: 200,
  description:
    'SHA-256 fingerprint of the only certificate of the camera to trust, for rtsps: URLs. Needed when nobody vouches for it.',
};
const maxAge = {
  minimum: 0.001,
  maximum: 36_500,
  description: 'Footage older than this many days is deleted; the installation decides when it is null.',
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
    maxAgeDays: Type.Optional(Type.Unsafe<number | null>({ type: ['number', 'null'], ...maxAge })),
    streams: Streams,
  },
  { additionalProperties: false },
);

/** What is left out stays; `null` clears. Streams are told by their roles, and keep their ids. */
export const CameraPatch = Type.Object(
  {
    name: Type.Optional(Type.String(nameText)),
    address: CameraInput.properties.address,
    username: CameraInput.properties.username,
    password: CameraInput.properties.password,
    tlsFingerprint: CameraInput.properties.tlsFingerprint,
    maxAgeDays: CameraInput.properties.maxAgeDays,
    streams: Type.Optional(Streams),
  },
  { additionalProperties: false, minProperties: 1 },
);

export const ProbeInput = Type.Object(
  {
    url: StreamInput.properties.url,
    username: Type.Optional(Type.String(usernameText)),
    password: Type.Optional(Type.String(passwordText)),
    tlsFingerprint: Type.Optional(Type.String(fingerprintText)),
    transport: Type.Optional(Transport),
    cameraId: Type.Optional(
      Type.String({
        maxLength: 64,
        description:
          'Id of a camera whose kept user name, password and fingerprint serve where none are given, if the URL has its address.',
      }),
    ),
  },
  { additionalProperties: false },
);

const deviceAddress = {
  minLength: 1,
  maxLength: 300,
  description: 'Host name or IP address of the device, with :port where it is not the usual one.',
};

export const DiscoveryInput = Type.Object(
  {
    address: Type.Optional(
      Type.String({ ...deviceAddress, description: `${deviceAddress.description} Without it: the network.` }),
    ),
  },
  { additionalProperties: false },
);

export const DiscoveryParams = Type.Object({
  discoveryId: Type.String({ minLength: 1, maxLength: 64, description: 'Id of the discovery.' }),
});

export const DeviceInput = Type.Object(
  {
    address: Type.String(deviceAddress),
    username: ProbeInput.properties.username,
    password: ProbeInput.properties.password,
  },
  { additionalProperties: false },
);

export const CameraParams = Type.Object({
  cameraId: Type.String({ minLength: 1, maxLength: 64, description: 'Id of the camera.' }),
});

const instantText = (description: string) =>
  Type.String({
    minLength: 1,
    maxLength: 40,
    description: `${description} Integer epoch milliseconds or RFC 3339, such as 2026-01-31T12:00:00Z.`,
  });

const streamText = Type.Optional(
  Type.String({ minLength: 1, maxLength: 64, description: 'Role or id of the stream; main unless given.' }),
);

export const TimelineQuery = Type.Object(
  {
    stream: streamText,
    from: instantText('Begin of the window.'),
    to: instantText('End of the window.'),
    resolutionMs: Type.Optional(
      Type.String({
        pattern: '^[1-9][0-9]{0,10}$',
        description: 'Whole milliseconds: shorter recordings and gaps are joined with their neighbours.',
      }),
    ),
  },
  { additionalProperties: false },
);

export const PlaylistQuery = Type.Object(
  {
    stream: streamText,
    from: instantText('Begin of the window.'),
    to: Type.Optional(instantText('End of the window; without it the list grows.')),
    tracks: Type.Optional(Type.Enum(['all', 'video'], { description: 'video leaves the sound out.' })),
  },
  { additionalProperties: false },
);

export const SegmentFileParams = Type.Object({
  ...CameraParams.properties,
  segmentId: Type.String({ minLength: 1, maxLength: 64, description: 'As the playlist names it.' }),
  fileName: Type.String({ minLength: 1, maxLength: 64, description: 'As the playlist names it.' }),
});

export const KeyFrameQuery = Type.Object(
  { stream: streamText, at: instantText('The instant whose picture is wanted.') },
  { additionalProperties: false },
);

export const ClipQuery = Type.Object(
  {
    stream: streamText,
    from: instantText('Begin of the clip.'),
    to: instantText('End of the clip.'),
    gaps: Type.Optional(
      Type.Enum(['close', 'keep'], {
        description: 'close (unless given) plays on over gaps, keep lets them last.',
      }),
    ),
  },
  { additionalProperties: false },
);

export const MetadataQuery = Type.Object({ stream: streamText }, { additionalProperties: false });

export const MetadataAnswer = Type.Object({
  arrivalMs: instantMs('When its first packet came.'),
  xml: Type.String({
    description:
      'As the camera sent it: by the standard a `tt:MetadataStream` of the ONVIF schema, with analytics, PTZ status or events.',
  }),
});

export const LiveQuery = Type.Object({ stream: streamText }, { additionalProperties: false });

// Answers

export const streamStates = [
  'connecting',
  'recording',
  'backing_off',
  'paused',
  'stopped',
  'needs-address',
] as const;

const errorCodes = Object.keys(errorCatalogue) as ErrorCode[];
const Code = Type.Enum(errorCodes, { description: 'Code of the error catalogue.' });

const streamAnswer = {
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

const cameraAnswer = {
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
};

export const CameraAnswer = Type.Object({ ...cameraAnswer, streams: Type.Array(StreamAnswer) });
export const CameraList = Type.Object({ cameras: Type.Array(CameraAnswer) });

export const TimelineAnswer = Type.Object({
  expectedFromMs: instantMs(
    'Nothing is expected before it: the stream was added then, or soon after had its first footage.',
  ),
  knownToMs: instantMs('Up to here it is known what is footage and what is gap.'),
  recordings: Type.Array(
    Type.Object({
      startMs: instantMs('Inclusive.'),
      endMs: instantMs('Exclusive.'),
      runId: id('The run it belongs to.'),
      growing: Type.Boolean(),
      bytes: count('Of media, by estimate where it is clipped.'),
    }),
  ),
  gaps: Type.Array(
    Type.Object({
      startMs: instantMs('Inclusive.'),
      endMs: instantMs('Exclusive.'),
      cause: Type.Enum(gapCauses),
      ongoing: Type.Boolean(),
    }),
  ),
  damages: Type.Array(
    Type.Object({
      startMs: instantMs('Inclusive.'),
      endMs: instantMs('Exclusive.'),
      media: Type.Enum(['video', 'audio']),
      packetsLost: count('Of the whole range, also where it is clipped; as far as is known.'),
      unitsDropped: count('Pictures or sounds that came in broken, or not at all: at least so many.'),
    }),
    {
      description:
        'Footage that is there, but damaged: from a lost picture to the next key frame, or lost sound.',
    },
  ),
  events: Type.Array(Type.Object({})),
});

export const DiscoveredDevice = Type.Object({
  id: id('Endpoint reference of the device, or its address.'),
  address: Type.String({ description: 'What POST /devices takes.' }),
  name: Type.String(),
  manufacturer: Type.Optional(Type.String()),
  model: Type.Optional(Type.String()),
  cameraId: Type.Optional(id('The camera that was added with this address.')),
});

export const Discovery = Type.Object({
  id: id('Of this discovery.'),
  state: Type.Enum(['searching', 'done']),
  startedMs: instantMs('When it was asked for; it takes five seconds at most.'),
  searched: Type.Array(Type.String(), {
    description: 'Where it was searched: network interfaces with their addresses, or the address asked for.',
  }),
  devices: Type.Array(DiscoveredDevice),
  ignored: count('Replies that were not understood, or more than are listed.'),
  problems: Type.Array(Type.String({ description: 'Where it could not be searched and why, in words.' })),
});

export const MediaProfile = Type.Object({
  token: id('Of the profile in the device.'),
  name: Type.String(),
  role: Type.Optional(Type.Enum(streamRoles, { description: 'What it is proposed for.' })),
  url: Type.String({ description: 'Of its stream, without credentials.' }),
  codec: Type.String({ description: 'Of the video: H264, H265, JPEG, or what the device calls it.' }),
  width: Type.Optional(Type.Integer()),
  height: Type.Optional(Type.Integer()),
  framesPerSecond: Type.Optional(Type.Number()),
  bitsPerSecond: Type.Optional(Type.Number()),
  audio: Type.Optional(Type.String({ description: 'Codec of the sound, when there is sound.' })),
});

export const Device = Type.Object({
  address: Type.String({ description: 'As it was reached.' }),
  name: Type.String(),
  manufacturer: Type.Optional(Type.String()),
  model: Type.Optional(Type.String()),
  firmware: Type.Optional(Type.String()),
  serialNumber: Type.Optional(Type.String()),
  media: Type.Enum(['media2', 'media1'], { description: 'The ONVIF service that the profiles come from.' }),
  profiles: Type.Array(MediaProfile),
  notes: Type.Array(Type.String({ description: 'What a person should know of it, in words.' })),
});

const Measured = {
  codec: Type.String(),
  codecString: Type.String({ description: 'RFC 6381.' }),
  bitsPerSecond: Type.Number(),
  peakBitsPerSecond: Type.Number({ description: 'Of the second with most.' }),
  frames: count('Pictures, or frames of sound, that came whole.'),
};

const milliseconds = (description: string) =>
  Type.Number({ description: `${description}, in milliseconds.` });

const Spread = Type.Object({ min: Type.Number(), median: Type.Number(), max: Type.Number() });

const Advice = Type.Object({
  code: Type.String({ description: 'Stays the same from version to version.' }),
  level: Type.Enum(['problem', 'caution', 'hint'], {
    description: 'Footage suffers; it is whole, but something disappoints; something could be better.',
  }),
  text: Type.String({ description: 'What is so, and what to do about it.' }),
});

const Delivery = Type.Object({
  medium: Type.Enum(['video', 'audio']),
  packets: count('RTP packets received, each once.'),
  bytes: count('Of those.'),
  packetsLost: count('Never came, or too late.'),
  duplicates: count('Came again.'),
  reordered: count('Came behind a later one.'),
  late: count('Came when they had been given up.'),
  sequenceRestarts: count('Times that the sequence numbers began anew.'),
  otherPackets: count('Of other sources or payload types.'),
  jitterMs: milliseconds('By RFC 3550'),
  burstMs: milliseconds('How much older the first picture or sound was than the least delayed one'),
  timestampStrays: count('Time stamps that made no sense.'),
  timelineBreaks: count('Times that the time stamps moved to another time line.'),
  rtcpPackets: count('RTCP packets received.'),
});

const stepMs = (step: string) => Type.Optional(milliseconds(`From the beginning until ${step}`));

export const ProbeAnswer = Type.Object({
  url: Type.String({ description: 'Without credentials.' }),
  transport: Type.Enum(streamTransports, { description: 'The one that worked.' }),
  observedMs: Type.Number({ description: 'How long was looked, in milliseconds.' }),
  video: Type.Object({
    ...Measured,
    width: Type.Integer(),
    height: Type.Integer(),
    framesPerSecond: Type.Number(),
    framesBefore: count('Pictures that came before the first key frame.'),
    keyFrames: count('Key frames seen.'),
    keyFrameIntervalMs: Type.Optional(Type.Number({ description: 'Absent when fewer than two came.' })),
    keyFrameIntervalsMs: Type.Optional(Spread),
    frameIntervalsMs: Type.Optional(Spread),
    reorderDepth: Type.Optional(Type.Integer({ description: 'As the parameter sets state it.' })),
    reorderedFrames: count('Pictures that are shown before one that came earlier.'),
    sizeChanges: count('Times that the size of the picture changed.'),
  }),
  audio: Type.Optional(Type.Object({ ...Measured, sampleRate: Type.Integer(), channels: Type.Integer() })),
  metadata: Type.Optional(
    Type.Object(
      {
        packets: count('RTP packets received.'),
        documents: count('Whole ones.'),
        bytes: count('Of those.'),
        lost: count('Documents that did not come whole.'),
      },
      { description: 'What came of the ONVIF metadata of the camera.' },
    ),
  ),
  packets: count('RTP packets received.'),
  packetsLost: count('RTP packets that never came.'),
  damagedUnits: count('Pictures and sounds that came in broken.'),
  notes: Type.Array(Type.String({ description: 'What the camera offers that is not recorded, and why.' })),
  server: Type.Optional(Type.String({ description: 'How the camera calls itself.' })),
  failedAttempts: Type.Array(
    Type.Object({ transport: Type.Enum(streamTransports), code: Type.String(), message: Type.String() }),
    { description: 'Ways that were tried before the one that worked.' },
  ),
  timing: Type.Object({
    connectedMs: stepMs('the connection was made'),
    describedMs: stepMs('DESCRIBE was answered'),
    playingMs: stepMs('PLAY was answered'),
    firstPacketMs: stepMs('the first packet'),
    firstKeyFrameMs: stepMs('the first key frame was whole'),
  }),
  offered: Type.Array(
    Type.Object({
      kind: Type.String(),
      formats: Type.Array(Type.String()),
      recorded: Type.Boolean(),
      reason: Type.Optional(Type.String({ description: 'Why it is not recorded.' })),
    }),
  ),
  delivery: Type.Array(Delivery),
  framingBytesLost: count('Bytes skipped to find the framing again.'),
  clock: Type.Object({
    senderReports: count('RTCP sender reports seen.'),
    offsetMs: Type.Optional(Type.Number({ description: 'Positive when the clock of the camera is ahead.' })),
    spreadMs: Type.Optional(milliseconds('How far the offsets lie apart')),
    drift: Type.Optional(
      Type.Object({
        ppm: Type.Number({ description: 'Positive when the media clock of the camera is fast.' }),
        uncertaintyPpm: Type.Number(),
      }),
    ),
  }),
  authentication: Type.Array(Type.String({ description: 'What the camera asked for.' })),
  advice: Type.Array(Advice, { description: 'What matters most first.' }),
});

const Counters = Type.Object({
  packets: count('RTP packets received.'),
  packetsLost: count('RTP packets that never came.'),
  bytesReceived: count('Bytes received.'),
  framingBytesLost: count('Bytes skipped to find the framing again.'),
  framesWritten: count('Pictures in files.'),
  audioFramesWritten: count('Sound frames in files.'),
  fragmentsWritten: count('Fragments in files.'),
  bytesWritten: count('Bytes in files.'),
  damagedUnits: count('Pictures and sounds that came in broken and were left out.'),
  damagedFootageMs: count('Footage in files that shows damage, in milliseconds.'),
  samplesDropped: count('Samples that had no place on the time line.'),
  metadataPackets: count('RTP packets with metadata; not among `packets`.'),
  metadataDocuments: count('Whole metadata documents received.'),
  metadataBytes: count('Bytes of those documents.'),
  metadataLost: count(
    'Metadata documents that came incomplete, too large, too many at once, or were no XML.',
  ),
  reconnects: count('Sessions after the first.'),
});

export const StorageAnswer = Type.Object({
  folder: Type.String(),
  usable: Type.Boolean(),
  reason: Type.Optional(Type.String({ description: 'Why it is not usable.' })),
  totalBytes: Type.Optional(count('Size of the disk.')),
  freeBytes: Type.Optional(count('Free for Nightjar.')),
  minFreeBytes: count('Kept free by deleting the oldest footage.'),
});

export const StatusAnswer = Type.Object({
  version: Type.String(),
  installationId: id('Of this data folder.'),
  startedMs: instantMs('When the server started.'),
  nowMs: instantMs('Of the server.'),
  healthy: Type.Boolean(),
  problems: Type.Array(Type.String({ description: 'What keeps the server from working, in words.' })),
  storage: StorageAnswer,
  process: Type.Object({
    residentBytes: count('Memory of the process.'),
    cpuSeconds: Type.Number({ description: 'Processor time since the start.' }),
    eventLoopDelayMs: Type.Number({
      description: 'How late the main thread was at worst in the last minute.',
    }),
  }),
  cameras: Type.Array(
    Type.Object({
      ...cameraAnswer,
      streams: Type.Array(
        Type.Object({
          ...streamAnswer,
          counters: Counters,
          lossBoundMs: Type.Number({ description: 'What a power cut can cost at most, in milliseconds.' }),
        }),
      ),
    }),
  ),
});

// Updates

export const updateEvents = {
  /** The first of every connection: whatever is shown was missed and must be asked for. */
  hello: Type.Object({ nowMs: instantMs('Of the server.'), version: Type.String() }),
  /** It was added, changed, or a stream of it changed its state. */
  camera: CameraAnswer,
  camera_removed: Type.Object({ id: cameraAnswer.id }),
  /** Footage of a stream reaches up to `endMs` now; at most once a second for each stream. */
  footage: Type.Object({
    cameraId: cameraAnswer.id,
    streamId: streamAnswer.id,
    role: streamAnswer.role,
    endMs: instantMs('Of the newest footage in a file.'),
  }),
  /** Footage of a stream was deleted: ask for its timeline there. */
  footage_deleted: Type.Object({
    cameraId: cameraAnswer.id,
    streamId: streamAnswer.id,
    role: streamAnswer.role,
    fromMs: instantMs('Inclusive.'),
    toMs: instantMs('Exclusive.'),
  }),
  /** Footage of a stream arrived damaged: ask for its timeline there. At most once in five seconds for each stream. */
  footage_damaged: Type.Object({
    cameraId: cameraAnswer.id,
    streamId: streamAnswer.id,
    role: streamAnswer.role,
    fromMs: instantMs('Inclusive.'),
    toMs: instantMs('Exclusive.'),
  }),
  /** The storage can be used or not, or its free space changed noticeably. */
  storage: StorageAnswer,
};

export const HealthAnswer = Type.Object({
  status: Type.Enum(['ok', 'failing', 'stopping']),
  problems: Type.Array(Type.String()),
});

export const Problem = Type.Object(
  {
    type: Type.String({ description: 'A URN made of the code.' }),
    title: Type.String({ description: 'What the code means.' }),
    status: Type.Integer({ description: 'HTTP status.' }),
    code: Code,
    detail: Type.String({ description: 'What happened.' }),
    advice: Type.String({ description: 'What to do about it.' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          field: Type.String({ description: 'For example streams.0.url; empty for the whole.' }),
          detail: Type.String({ description: 'What is wrong, and what would be right.' }),
        }),
      ),
    ),
  },
  { description: 'RFC 9457 problem details.' },
);

export type { LiveMessage } from '../live/live_message.ts';
export type CameraInput = Static<typeof CameraInput>;
export type CameraPatch = Static<typeof CameraPatch>;
export type StreamInput = Static<typeof StreamInput>;
export type CameraAnswer = Static<typeof CameraAnswer>;
export type StreamAnswer = Static<typeof StreamAnswer>;
export type DeviceInput = Static<typeof DeviceInput>;
export type Discovery = Static<typeof Discovery>;
export type DiscoveredDevice = Static<typeof DiscoveredDevice>;
export type Device = Static<typeof Device>;
export type MediaProfile = Static<typeof MediaProfile>;
export type ProbeAnswer = Static<typeof ProbeAnswer>;
export type ProbeInput = Static<typeof ProbeInput>;
export type TimelineAnswer = Static<typeof TimelineAnswer>;
export type StatusAnswer = Static<typeof StatusAnswer>;
export type StorageAnswer = Static<typeof StorageAnswer>;
/** What is pushed, by the names of the events. */
export type UpdateEvents = { [Name in keyof typeof updateEvents]: Static<(typeof updateEvents)[Name]> };
export type HealthAnswer = Static<typeof HealthAnswer>;
export type Problem = Static<typeof Problem>;
