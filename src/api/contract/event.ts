/** What happened before a camera, in the HTTP API. */
import Type, { type Static } from 'typebox';
import { CameraParams } from './camera.ts';
import { id, inputMs, instantMs, instantText, openEndMs } from './field.ts';

const eventType = {
  pattern: '^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,99}$',
  description:
    'A short name, such as motion or tns1:RuleEngine/LineDetector: letters, digits and _ . : / -, at most 100.',
};

const eventData = Type.Optional(
  Type.Object({}, { additionalProperties: true, description: "The source's own, at most 4 KiB of JSON." }),
);

export const EventInput = Type.Object(
  {
    type: Type.String(eventType),
    startMs: Type.Optional(inputMs('When it began; now unless given.')),
    endMs: openEndMs('When it ended, at most seven days later; null or left out: it goes on.'),
    source: Type.String({
      minLength: 1,
      maxLength: 100,
      description: 'Who noticed it: one line of printable text.',
    }),
    data: eventData,
  },
  { additionalProperties: false },
);
export type EventInput = Static<typeof EventInput>;

export const EventPatch = Type.Object(
  { endMs: Type.Optional(inputMs('When it ended; now unless given.')), data: eventData },
  { additionalProperties: false },
);
export type EventPatch = Static<typeof EventPatch>;

export const EventParams = Type.Object({
  ...CameraParams.properties,
  eventId: Type.String({ minLength: 1, maxLength: 64, description: 'Id of the event.' }),
});

export const EventQuery = Type.Object(
  {
    from: instantText('Begin of the window.'),
    to: instantText('End of the window.'),
    type: Type.Optional(Type.String(eventType)),
    limit: Type.Optional(
      Type.String({ pattern: '^([1-9][0-9]{0,2}|1000)$', description: 'Most events, 1 to 1000.' }),
    ),
  },
  { additionalProperties: false },
);

export const CameraEventAnswer = Type.Object({
  id: id('Of the event.'),
  cameraId: id('Of its camera.'),
  type: Type.String(),
  startMs: instantMs('When it began.'),
  endMs: Type.Optional(instantMs('When it ended; absent while it goes on.')),
  source: Type.String({ description: 'Who noticed it.' }),
  data: eventData,
  createdMs: instantMs('When it was told.'),
});
export type CameraEventAnswer = Static<typeof CameraEventAnswer>;

export const EventList = Type.Object({
  events: Type.Array(CameraEventAnswer),
  complete: Type.Boolean({ description: 'False when there are more: ask for those after the last.' }),
});
