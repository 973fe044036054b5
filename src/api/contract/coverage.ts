/** How much of a window is recorded, in the HTTP API. */
import Type, { type Static } from 'typebox';
import { gapCauses } from '../../footage/gap_cause.ts';
import { streamAnswer } from './camera.ts';
import { count, instantMs, instantText, streamText } from './field.ts';
import { TimelineAnswer } from './footage.ts';

export const CoverageQuery = Type.Object(
  {
    stream: streamText,
    from: instantText('Begin of the window.'),
    to: instantText('End of the window.'),
    zone: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        description:
          'IANA name of a time zone, such as Europe/Berlin: the answer then has each of its days, 400 at most.',
      }),
    ),
  },
  { additionalProperties: false },
);

const coverageFigures = {
  coveredMs: count('Time with footage.'),
  missingMs: count('Time without; both together are all that is known of the window.'),
  percent: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 100,
      description:
        'Share of the time that footage was wanted of, which is all but gaps paused and deleted; rounded down, so that 100 means all. Absent when there was no such time.',
    }),
  ),
  gaps: Type.Array(
    Type.Object({
      cause: Type.Enum(gapCauses),
      count: count('Gaps of this cause, also those that the window cuts.'),
      totalMs: count('Time without footage for this cause.'),
    }),
    { description: 'By cause, that of most time first.' },
  ),
  longestGap: Type.Optional(
    Type.Object(
      {
        startMs: instantMs('Inclusive.'),
        endMs: instantMs('Exclusive.'),
        causes: Type.Array(Type.Enum(gapCauses), { description: 'That of most time first.' }),
        ongoing: Type.Boolean(),
      },
      { description: 'The longest time without any footage, whatever the causes.' },
    ),
  ),
  lost: Type.Object(
    {
      pictures: count('That came in broken, or not at all: at least so many.'),
      sounds: count('The same of packets of sound.'),
      packets: count('RTP packets, as far as their numbers tell.'),
    },
    { description: 'On the way from the camera, within footage; counted where the loss began.' },
  ),
};

export const CoverageAnswer = Type.Object({
  streamId: streamAnswer.id,
  role: streamAnswer.role,
  expectedFromMs: TimelineAnswer.properties.expectedFromMs,
  knownToMs: TimelineAnswer.properties.knownToMs,
  undecidedMs: count(
    'How much of the end of the window, up to now, is neither footage nor gap yet. What lies in the future is not counted.',
  ),
  ...coverageFigures,
  days: Type.Optional(
    Type.Array(
      Type.Object({
        date: Type.String({ description: 'Such as 2026-03-29.' }),
        startMs: instantMs('Begin of the day, or of the window.'),
        endMs: instantMs('End of the day, or of the window.'),
        ...coverageFigures,
      }),
      {
        description: 'Each calendar day of the zone; those in which clocks are changed have 23 or 25 hours.',
      },
    ),
  ),
});
export type CoverageAnswer = Static<typeof CoverageAnswer>;
