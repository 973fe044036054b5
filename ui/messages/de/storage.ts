import type { storage as english } from '../en/storage.ts';
import { pluralOf } from '../plural.ts';
import type { Translated } from '../texts.ts';
import { dative } from './dative.ts';

const plural = pluralOf('de-DE');

export const storage: Translated<typeof english> = {
  'storage.title': 'Speicher',
  'storage.free': ({ free }) => `${free} frei`,
  'storage.of': ({ total }) => `von ${total}`,
  'storage.used': 'Belegt',
  'storage.kept-free': 'Bleibt frei',
  'storage.rest': 'Frei für Aufnahmen',
  'storage.bar': ({ used, total }) => `${used} von ${total} belegt`,
  'storage.lasts': ({ duration, rate }) =>
    `Bei ${rate} wie jetzt reicht der Platz noch ${duration}. Danach weichen die ältesten Aufnahmen den neuesten.`,
  'storage.full': ({ minimum }) =>
    `Die Festplatte ist so voll, wie sie sein darf: Die ältesten Aufnahmen weichen den neuesten, damit ${minimum} frei bleiben.`,
  'storage.idle': 'Es wird nichts aufgenommen.',
  'storage.folder': 'Aufnahmen',
  'storage.in-flight': ({ amount }) => `· ${amount} auf dem Weg zur Festplatte`,
  'storage.in-flight.help': 'Im Arbeitsspeicher, oder geschrieben und noch nicht vor Stromausfall sicher.',
  'storage.cameras.count': ({ count }) => plural(count, { one: '# Kamera', other: '# Kameras' }),
  'storage.unusable': 'Es kann nichts aufgenommen werden.',
  'storage.unusable.advice':
    'Nachsehen, ob die Festplatte eingehängt und beschreibbar ist; dann geht die Aufnahme von selbst weiter.',
  'storage.full.advice':
    'Nachsehen, was sonst auf der Festplatte liegt, weniger schützen, Aufnahmen kürzer aufbewahren, oder eine größere Festplatte verwenden.',
  'storage.healthy': 'Alles in Ordnung.',
  'storage.verified': ({ count, ago }) =>
    plural(count, {
      one: `Vor ${dative(ago)} wurde nachgesehen, ob # aufgenommene Datei da ist.`,
      other: `Vor ${dative(ago)} wurde nachgesehen, ob # aufgenommene Dateien da sind.`,
    }),
  'storage.verified.never': 'Ob alle aufgenommenen Dateien da sind, wurde noch nicht nachgesehen.',
  'storage.verified.running': 'Das wird gerade getan.',
  'storage.read': ({ ago }) => `Ganz gelesen wurden sie vor ${dative(ago)}.`,
  'storage.read.running': ({ done, files }) =>
    `Sie werden gerade langsam ganz gelesen: bisher ${done} von ${files}.`,
  'storage.verified.lost': ({ count }) =>
    plural(count, {
      one: '# Datei fehlt oder ist beschädigt.',
      other: '# Dateien fehlen oder sind beschädigt.',
    }),
  'storage.verified.away': ({ roots }) => `Nicht die auf ${roots}, denn der Speicherort war nicht da.`,
  'storage.cameras': 'Kameras',
  'storage.column.stream': 'Stream',
  'storage.column.rate': 'Datenrate',
  'storage.column.per-day': 'Pro Tag',
  'storage.column.lost': 'Verlorene Pakete',
  'storage.column.bound': 'Stromausfall kostet',
  'storage.bound.help':
    'Was ein Stromausfall höchstens kosten kann: die Zeit, bis Aufnahmen sicher auf der Festplatte sind.',
  'storage.bound': ({ duration }) => `≤ ${duration}`,
  'storage.none': '–',
  'storage.server': 'Server',
  'storage.version': 'Version',
  'storage.uptime': 'Laufzeit',
  'storage.memory': 'Arbeitsspeicher',
  'storage.cpu': 'Prozessor',
  'storage.cpu.share': ({ percent }) => `${percent}\u202f% eines Kerns`,
  'storage.delay': 'Größte Verzögerung',
  'storage.delay.help': 'Wie spät der Hauptthread in der letzten Minute schlimmstenfalls war.',
  'storage.problems': ({ count }) =>
    plural(count, { one: '# Sache braucht Aufmerksamkeit', other: '# Sachen brauchen Aufmerksamkeit' }),
};
