import type { clip as english } from '../en/export.ts';
import type { Translated } from '../texts.ts';

export const clip: Translated<typeof english> = {
  'clip.open': 'Exportieren',
  'clip.open.length': ({ length }) => `${length} exportieren`,
  'clip.title': 'Ausschnitt exportieren',
  'clip.hint':
    'Anfang und Ende mit I und O an der Abspielposition setzen, oder auf der Zeitleiste verschieben.',
  'clip.in': 'Anfang',
  'clip.out': 'Ende',
  'clip.set': 'Hier setzen',
  'clip.unset': 'nicht gesetzt',
  'clip.clear': 'Zurücksetzen',
  'clip.length': 'Länge',
  'clip.covered': 'Mit Aufnahme',
  'clip.covered.part': ({ length, percent }) => `${length} (${percent}\u202f%)`,
  'clip.size': 'Größe',
  'clip.measuring': 'wird ermittelt …',
  'clip.damaged': 'Beschädigt',
  'clip.damaged.part': ({ length }) => `${length} mit möglichen Bildfehlern`,
  'clip.gaps': 'Lücken',
  'clip.gaps.none': 'keine',
  'clip.gap': ({ from, length, cause }) => `${from}, ${length}: ${cause}`,
  'clip.gaps.more': ({ count }) => `und ${count} weitere`,
  'clip.close': 'Lücken auslassen',
  'clip.keep': 'Lücken beibehalten',
  'clip.close.hint': ({ length }) => `Der Ausschnitt läuft ${length}.`,
  'clip.download': 'Herunterladen',
  'clip.download.size': ({ size }) => `${size} herunterladen`,
  'clip.tooLong': 'Ein Ausschnitt umfasst höchstens 25 Stunden. Anfang oder Ende verschieben.',
  'clip.none': 'Zwischen den Marken gibt es keine Aufnahme.',
  'clip.none.advice': 'Die Marken dorthin verschieben, wo die Zeitleiste Aufnahmen zeigt.',
};
