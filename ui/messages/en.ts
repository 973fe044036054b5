/** English. Each part of the interface has its file; another language is another such file with the same keys. */

import { cameras } from './en/cameras.ts';
import { clip } from './en/export.ts';
import { live } from './en/live.ts';
import { player } from './en/player.ts';
import { shell } from './en/shell.ts';
import { storage } from './en/storage.ts';
import { timeline } from './en/timeline.ts';
import { units } from './en/units.ts';

export const en = {
  ...cameras,
  ...clip,
  ...live,
  ...player,
  ...shell,
  ...storage,
  ...timeline,
  ...units,
};
