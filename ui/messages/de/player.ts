import type { player as english } from '../en/player.ts';
import type { Translated } from '../texts.ts';

export const player: Translated<typeof english> = {
  'player.label': ({ camera }) => `Aufnahmen von ${camera}`,
  'player.play': 'Abspielen',
  'player.pause': 'Anhalten',
  'player.back': '5 s zurück',
  'player.on': '5 s vor',
  'player.stepBack': 'Ein Bild zurück',
  'player.stepOn': 'Ein Bild vor',
  'player.speed': 'Geschwindigkeit',
  'player.speed.times': ({ speed }) => `${speed}×`,
  'player.skipGaps': 'Lücken überspringen',
  'player.sound.on': 'Ton an',
  'player.sound.off': 'Ton aus',
  'player.loading': 'Wird geladen',
  'player.skipped': ({ length, cause }) => `${length} übersprungen: ${cause}`,
  'player.none': ({ clock }) => `Keine Aufnahme um ${clock}`,
  'player.none.cause': ({ cause, length, since }) => `${cause}, ${length} lang, ab ${since}`,
  'player.none.ongoing': ({ cause, length, since }) => `${cause} seit ${since}, bisher ${length}`,
  'player.next': ({ clock }) => `Nächste um ${clock}`,
  'player.before': 'Die Kamera war noch nicht da',
  'player.before.text': ({ instant }) => `Beginn der Aufnahmen: ${instant}.`,
  'player.before.never': 'Von ihr gibt es noch keine Aufnahme.',
  'player.present': 'Warten auf neue Aufnahmen',
  'player.codec': ({ codecs }) => `Dieser Browser kann ${codecs} nicht abspielen.`,
  'player.codec.title': ({ codec }) => `Dieser Browser kann ${codec} nicht abspielen`,
  'player.codec.text':
    'Die Aufnahme ist in Ordnung. Heruntergeladen lässt sie sich mit jedem Programm abspielen, vielleicht auch in einem anderen Browser.',
  'player.codec.standIn.sub': ({ codec }) =>
    `Dieser Browser spielt ${codec} nicht ab: Zu sehen ist der Nebenstream.`,
  'player.codec.standIn.main': ({ codec }) =>
    `Dieser Browser spielt ${codec} nicht ab: Zu sehen ist der Hauptstream.`,
  'player.codec.sub': 'Nebenstream zeigen',
  'player.codec.convert': 'Zum Ansehen umwandeln',
  'player.codec.converted': ({ codec }) => `Aus ${codec} umgewandelt, ohne Ton`,
  'player.codec.download': 'Diese Minute herunterladen',
  'player.unsupported':
    'Dieser Browser kann keine Aufnahmen abspielen. Mit aktuellem Firefox, Chrome, Edge oder Safari geht es.',
  'player.failed': 'Die Aufnahme lässt sich nicht zeigen',
  'player.broken': ({ reason }) => `Die Wiedergabe wurde beendet: ${reason}`,
  'player.broken.advice':
    'Noch einmal versuchen; bleibt es an dieser Stelle so, den Ausschnitt exportieren und anderswo abspielen.',
  'player.decode': 'Der Browser konnte die Aufnahme nicht lesen',
};
