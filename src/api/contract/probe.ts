/** What a stream was measured to send, in the HTTP API. */
import Type, { type Static } from 'typebox';
import {
  fingerprintText,
  passwordText,
  StreamInput,
  streamTransports,
  Transport,
  usernameText,
} from './camera.ts';
import { count } from './field.ts';

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
export type ProbeInput = Static<typeof ProbeInput>;

const Measured = {
  codec: Type.String(),
  codecString: Type.String({ description: 'RFC 6381.' }),
  bitsPerSecond: Type.Number(),
  peakBitsPerSecond: Type.Number({ description: 'Of the second with most.' }),
  frames: count('Pictures, or frames of sound, that came whole.'),
};

export const milliseconds = (description: string) =>
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
export type ProbeAnswer = Static<typeof ProbeAnswer>;
