/** The timeline, playback, clips and metadata of a camera, in the HTTP API. */
import Type, { type Static } from 'typebox';
import { gapCauses } from '../../footage/gap_cause.ts';
import { CameraParams } from './camera.ts';
import { count, id, instantMs, instantText, streamText } from './field.ts';

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
    tracks: Type.Optional(
      Type.Enum(['all', 'video', 'key', 'h264'], {
        description:
          'video leaves the sound out; key gives of each entry its key frame alone, for as long as the entry lasts; h264 gives the pictures converted to H.264 by ffmpeg, entry by entry as they are asked for, without sound.',
      }),
    ),
    audio: Type.Optional(
      Type.Enum(['recorded', 'flac'], {
        description:
          'flac gives G.711 and L16, which browsers do not play, as FLAC; recorded (unless given) leaves them out.',
      }),
    ),
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
    version: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_-]{27}$',
        description: 'The ETag of an earlier answer, without its quotes: the same bytes or 410 clip_changed.',
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

export const BurstQuery = Type.Object(
  {
    stream: streamText,
    from: instantText('The burst is the first that begins after it, or the last that begins before it.'),
    direction: Type.Enum(['next', 'previous']),
  },
  { additionalProperties: false },
);

export const BurstAnswer = Type.Object({
  burst: Type.Optional(
    Type.Object({
      startMs: instantMs('A whole second.'),
    }),
  ),
});
export type BurstAnswer = Static<typeof BurstAnswer>;

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
  events: Type.Array(
    Type.Object({
      type: Type.String(),
      startMs: instantMs('Inclusive.'),
      endMs: instantMs('Now while it is ongoing.'),
      ongoing: Type.Boolean(),
      count: count('So many of the type are one here, since they begin within eight times resolutionMs.'),
    }),
    { description: 'What happened, from their first to their last instant, also outside of the window.' },
  ),
  activity: Type.Object(
    {
      startMs: instantMs('Of the first step: a multiple of stepMs, at or before the window.'),
      stepMs: Type.Integer({
        minimum: 1000,
        description: 'Length of a step: resolutionMs, but a second at least.',
      }),
      levels: Type.String({
        pattern: '^[0-9a-f]*$',
        description: 'A digit for each step: 0 without footage or not known, 1 quiet, to f.',
      }),
    },
    {
      description:
        'How active the footage is, told from the sizes of encoded pictures: that something changed, and not what.',
    },
  ),
});
export type TimelineAnswer = Static<typeof TimelineAnswer>;
