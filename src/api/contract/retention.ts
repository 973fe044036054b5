/** What keeps footage and what ends it, in the HTTP API. */
import Type, { type Static } from 'typebox';
import { clearable, count, id, inputMs, instantMs, openEndMs } from './field.ts';

const whoText = { minLength: 1, maxLength: 100, description: 'Who asks for it: a name.' };

const reasonText = { minLength: 1, maxLength: 500, description: 'Why, in words.' };

export const ProtectionInput = Type.Object(
  {
    cameraId: Type.Optional(
      clearable({
        minLength: 1,
        maxLength: 64,
        description: 'Null or left out: all cameras, also later ones.',
      }),
    ),
    startMs: inputMs('Inclusive.'),
    endMs: openEndMs('Exclusive; null or left out: all footage from then on, until it is released.'),
    reason: Type.String(reasonText),
    by: Type.String(whoText),
  },
  { additionalProperties: false },
);
export type ProtectionInput = Static<typeof ProtectionInput>;

export const ProtectionParams = Type.Object({
  protectionId: Type.String({ minLength: 1, maxLength: 64, description: 'Id of the protection.' }),
});

export const ReleaseQuery = Type.Object(
  { by: Type.String(whoText), reason: Type.String(reasonText) },
  { additionalProperties: false },
);

export const ProtectionAnswer = Type.Object({
  id: id('Of the protection.'),
  cameraId: Type.Optional(id('Absent: all cameras.')),
  cameraName: Type.Optional(Type.String({ description: 'Also of a camera that was removed.' })),
  startMs: instantMs('Inclusive.'),
  endMs: Type.Optional(instantMs('Exclusive; absent: for ever.')),
  reason: Type.String(),
  createdBy: Type.String(),
  createdMs: instantMs('Since when it is in force.'),
});
export type ProtectionAnswer = Static<typeof ProtectionAnswer>;

export const retentionRules = [
  'max_age',
  'event_max_age',
  'camera_max_bytes',
  'max_bytes',
  'min_free',
] as const;

export const RetentionAnswer = Type.Object({
  storedBytes: count('Of all footage in finished files.'),
  protectedBytes: count('Of those, what is protected; by estimate.'),
  overdue: Type.Boolean({ description: 'True when no sweep has succeeded for five minutes.' }),
  shortfalls: Type.Array(
    Type.Object({
      rule: Type.Enum(retentionRules),
      missingBytes: count('More than that should go, but may not.'),
      cameraId: Type.Optional(id('Whose limit it is.')),
      rootId: Type.Optional(id('Where there is too little free space.')),
    }),
    { description: 'What the last sweep could not reach, since what is left is protected, young or read.' },
  ),
  cameras: Type.Array(
    Type.Object({
      cameraId: id('Of the camera.'),
      name: Type.String(),
      removed: Type.Boolean({ description: 'Its footage ages out.' }),
      storedBytes: count('Of its footage in finished files.'),
      protectedBytes: count('Of those, what is protected; by estimate.'),
      oldestMs: Type.Optional(instantMs('Begin of its oldest footage.')),
      achievedDays: Type.Number({ description: 'From its oldest footage to now.' }),
      bytesPerDay: count('What a day of its footage takes.'),
      expectedDays: Type.Optional(
        Type.Number({ description: 'How old its footage will get; absent when nothing ends it.' }),
      ),
      limitedBy: Type.Optional(Type.Enum(retentionRules, { description: 'The rule that will end it.' })),
    }),
  ),
});
export type RetentionAnswer = Static<typeof RetentionAnswer>;

export const ProtectionList = Type.Object({ protections: Type.Array(ProtectionAnswer) });
