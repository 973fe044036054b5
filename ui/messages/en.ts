/** English. Each part of the interface has its file; another language is another such file with the same keys. */

import { alarms } from './en/alarms.ts';
import { cameras } from './en/cameras.ts';
import { coverage } from './en/coverage.ts';
import { clip } from './en/export.ts';
import { live } from './en/live.ts';
import { player } from './en/player.ts';
import { retention } from './en/retention.ts';
import { shell } from './en/shell.ts';
import { still } from './en/still.ts';
import { storage } from './en/storage.ts';
import { timeline } from './en/timeline.ts';
import { units } from './en/units.ts';

export const en = {
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
};
