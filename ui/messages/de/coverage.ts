import type { coverage as english } from '../en/coverage.ts';
import type { Translated } from '../texts.ts';

export const coverage: Translated<typeof english> = {
  'coverage.view': ({ percent }) => `${percent}\u202f% der sichtbaren Zeit aufgenommen`,
  'coverage.nothing': 'In der sichtbaren Zeit war nichts aufzunehmen',
  'coverage.cause': ({ cause, length }) => `${cause} ${length}`,
  'coverage.longest': ({ length, instant }) => `Längste Lücke: ${length}, ${instant}`,
  'coverage.lost': ({ pictures, packets }) => `unterwegs verloren: Bilder ${pictures}, Pakete ${packets}`,
  'coverage.title': 'Aufgenommen',
  'coverage.day': 'Letzte 24 h',
  'coverage.week': 'Letzte 7 Tage',
  'coverage.gap': 'Längste Lücke in 7 Tagen',
  'coverage.percent': ({ percent }) => `${percent}\u202f%`,
  'coverage.none': '–',
};
