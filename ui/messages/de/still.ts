import type { still as english } from '../en/still.ts';
import type { Translated } from '../texts.ts';

export const still: Translated<typeof english> = {
  'still.save': 'Dieses Bild speichern',
  'still.none': 'Es gibt noch kein Bild zu speichern.',
};
