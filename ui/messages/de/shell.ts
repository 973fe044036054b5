import type { shell as english } from '../en/shell.ts';
import type { Translated } from '../texts.ts';

export const shell: Translated<typeof english> = {
  'app.name': 'Nightjar',
  'app.skip': 'Zum Inhalt',
  'nav.label': 'Seiten',
  'nav.live': 'Live',
  'nav.timeline': 'Zeitleiste',
  'nav.cameras': 'Kameras',
  'nav.storage': 'Speicher',
  'page.title': ({ page }) => `${page} · Nightjar`,
  'page.unknown.title': 'Diese Seite gibt es nicht',
  'page.unknown.text': 'Die Adresse ist vielleicht vertippt oder stammt aus einer anderen Version.',
  'page.unknown.action': 'Zu Live',
  'display.label': 'Anzeige',
  'theme.label': 'Farben',
  'theme.system': 'System',
  'theme.dark': 'Dunkel',
  'theme.light': 'Hell',
  'language.label': 'Sprache',
  'connection.lost': 'Keine Verbindung zum Server. Was hier steht, kann veraltet sein. Neuer Versuch …',
  'toast.dismiss': 'Ausblenden',
  'dialog.close': 'Schließen',
  'dialog.cancel': 'Abbrechen',
  'problem.unreachable.detail': 'Der Server hat nicht geantwortet.',
  'problem.unreachable.advice':
    'Nachsehen, ob Nightjar läuft und die Netzwerkverbindung steht, dann noch einmal versuchen.',
  'problem.unreadable.detail': ({ status }) => `Der Server hat mit ${status} und ohne Erklärung geantwortet.`,
  'problem.unreadable.advice': 'Noch einmal versuchen; bleibt es so, im Protokoll des Servers nachsehen.',
  'problem.retry': 'Noch einmal versuchen',
};
