import type { retention as english } from '../en/retention.ts';
import type { Translated } from '../texts.ts';

/** The rules stand behind `durch` and `um`, and are the same in both cases. */
export const retention: Translated<typeof english> = {
  'retention.title': 'Tage mit Aufnahmen',
  'retention.camera': 'Kamera',
  'retention.achieved': 'Vorhanden',
  'retention.expected': 'Zu erwarten',
  'retention.limitedBy': 'Begrenzt durch',
  'retention.stored': 'Belegt',
  'retention.days': ({ days }) => `${days}\u202f${days === '1' ? 'Tag' : 'Tage'}`,
  'retention.endless': 'unbegrenzt',
  'retention.removed': 'entfernt',
  'retention.rule.max_age': 'das Höchstalter',
  'retention.rule.event_max_age': 'das Höchstalter mit Ereignissen',
  'retention.rule.camera_max_bytes': 'die Grenze der Kamera',
  'retention.rule.max_bytes': 'die Grenze aller Kameras',
  'retention.rule.min_free': 'die Größe der Festplatte',
  'retention.outlook.nothing': 'Es gibt noch keine Aufnahmen.',
  'retention.outlook.stored': ({ achieved, size }) => `Vorhanden: ${achieved} in ${size}.`,
  'retention.outlook.expected': ({ expected, rule }) => `Zu erwarten: ${expected}, begrenzt durch ${rule}.`,
  'retention.outlook.endless': 'So wie jetzt aufgenommen wird, gibt es keine Grenze.',
  'retention.help':
    'Erwartet nach dem, was jede Kamera in den letzten 24 Stunden belegt hat. Ereignisse und geschützte Aufnahmen verringern es.',
  'retention.short': ({ missing, rule }) =>
    `Um ${rule} einzuhalten, müssten noch ${missing} gelöscht werden. Was da ist, ist aber geschützt, zu neu oder wird gerade gelesen.`,
  'retention.short.advice': 'Nicht mehr Benötigtes freigeben, oder eine größere Festplatte verwenden.',

  'protection.title': 'Geschützte Aufnahmen',
  'protection.none':
    'Nichts ist geschützt. Auf der Zeitleiste eine Zeit markieren, „Exportieren“ öffnen und „Schützen“ wählen: Dann löscht sie keine Regel.',
  'protection.all-cameras': 'Alle Kameras',
  'protection.time': ({ from, to }) => `${from} – ${to}`,
  'protection.open': ({ from }) => `ab ${from}`,
  'protection.by': ({ by, reason }) => `${reason} (${by})`,
  'protection.release': 'Freigeben',
  'protection.release.title': 'Diese Aufnahmen freigeben?',
  'protection.release.text':
    'Sie werden von nun an gelöscht wie alle anderen. Wer sie warum freigegeben hat, wird festgehalten.',
  'protection.released': 'Die Aufnahmen sind nicht mehr geschützt.',
  'protection.protect': 'Schützen …',
  'protection.protect.title': ({ name }) => `Aufnahmen von ${name} schützen`,
  'protection.protect.text':
    'Keine Regel löscht sie, bis jemand sie freigibt, auch nicht, wenn die Festplatte voll ist.',
  'protection.protect.confirm': 'Schützen',
  'protection.follows': 'Auch alles Folgende, bis es freigegeben wird',
  'protection.protected': 'Die Aufnahmen sind geschützt.',
  'protection.reason': 'Grund',
  'protection.name': 'Eigener Name',
  'protection.required': 'Wird festgehalten und darf nicht fehlen.',
};
