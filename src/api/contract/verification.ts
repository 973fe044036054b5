/** Whether the recorded files are still there, in the HTTP API. */
import Type, { type Static } from 'typebox';
import { count, instantMs } from './field.ts';

const PassAnswer = {
  startedMs: instantMs('When it began.'),
  endedMs: instantMs('When it ended.'),
  deep: Type.Boolean({ description: 'Each file was read from end to end.' }),
  checked: count('Files that were looked at.'),
  lost: count('Files that were found missing or damaged, and were not known to be.'),
  returned: count('Files that were lost and are whole again.'),
  awayRoots: Type.Array(Type.String(), {
    description: 'Names of storage roots that were away: nothing is known of their files.',
  }),
};

export const VerificationAnswer = Type.Object({
  running: Type.Boolean({ description: 'All files are being looked at just now.' }),
  missingFiles: count('Recorded files that are gone, by what is known; their time is a gap `lost`.'),
  damagedFiles: count('Recorded files that are not what was recorded; their time is a gap `damaged`.'),
  unreadableFiles: count(
    'Recorded files that could not be read when they were looked at last, since the start (a thousand at most). Nothing is said of them; they are looked at again.',
  ),
  nextMs: Type.Optional(instantMs('When all files are looked at next; absent when that is switched off.')),
  last: Type.Optional(
    Type.Object(PassAnswer, {
      description: 'The last time that all files were looked at; absent when they never were.',
    }),
  ),
  files: count('Recorded files that there are to be looked at.'),
  deep: Type.Object(
    {
      nextMs: Type.Optional(instantMs('When it begins next; absent when that is switched off.')),
      underWay: Type.Optional(
        Type.Object(
          { startedMs: instantMs('When it began.'), checked: count('Files that were read so far.') },
          { description: 'It goes on just now, also over several starts; absent when it does not.' },
        ),
      ),
      last: Type.Optional(
        Type.Object(PassAnswer, { description: 'The last one that was ended; absent when none was.' }),
      ),
    },
    { description: 'The reading of all files from end to end, which finds damage inside them.' },
  ),
});
export type VerificationAnswer = Static<typeof VerificationAnswer>;

export const VerificationInput = Type.Object(
  {
    deep: Type.Optional(
      Type.Boolean({
        description: 'Read each file from end to end, at 32 MiB a second at most.',
      }),
    ),
  },
  { additionalProperties: false },
);
