/** German. Its parts are those of English; a text that is missing, left over or given other values does not compile. */

import { alarms } from './de/alarms.ts';
import { cameras } from './de/cameras.ts';
import { coverage } from './de/coverage.ts';
import { clip } from './de/export.ts';
import { live } from './de/live.ts';
import { player } from './de/player.ts';
import { retention } from './de/retention.ts';
import { shell } from './de/shell.ts';
import { still } from './de/still.ts';
import { storage } from './de/storage.ts';
import { timeline } from './de/timeline.ts';
import { units } from './de/units.ts';
import type { Language } from './message.ts';

export const german: Language = {
  locale: 'de-DE',
  texts: {
    ...alarms,
    ...cameras,
    ...clip,
    ...coverage,
    ...live,
    ...player,
    ...retention,
    ...shell,
    ...still,
    ...storage,
    ...timeline,
    ...units,
  },
};
