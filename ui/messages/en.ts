/** English. Each part of the interface has its file; another language is another such file with the same keys. */

import { cameras } from './en/cameras.ts';
import { shell } from './en/shell.ts';
import { timeline } from './en/timeline.ts';
import { units } from './en/units.ts';

export const en = { ...cameras, ...shell, ...timeline, ...units };
