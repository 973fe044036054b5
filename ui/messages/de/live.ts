import type { live as english } from '../en/live.ts';
import type { Translated } from '../texts.ts';
import { dative } from './dative.ts';

export const live: Translated<typeof english> = {
  'live.title': 'Live',
  'live.connecting': 'Verbindung wird aufgebaut …',
  'live.age': 'Alter des Bildes',
  'live.stalled': ({ age }) => `Das Bild steht seit ${dative(age)} still. Neue Verbindung …`,
  'live.stalled.never': 'Noch kein Bild. Neuer Versuch …',
  'live.waiting': 'Zurzeit kein Bild',
  'live.waiting.last': ({ when }) => `Kein Bild seit ${when}`,
  'live.unplayable.title': ({ codec }) => `Dieser Browser kann ${codec} nicht abspielen`,
  'live.unplayable.text':
    'Aufgenommen wird trotzdem. Einen Browser verwenden, der es abspielt, falls es einen gibt.',
  'live.unplayable.other':
    'Aufgenommen wird trotzdem. Den Nebenstream der Kamera auf H.264 stellen, oder einen Browser verwenden, der es abspielt, falls es einen gibt.',
  'live.undecodable.title': 'Das Bild lässt sich nicht darstellen',
  'live.undecodable.text':
    'Dieser Browser hat es mehrmals aufgegeben. Aufgenommen wird trotzdem; neuer Versuch …',
  'live.refused.title': 'Kein Livebild',
  'live.enlarge': ({ name }) => `${name} vergrößern`,
  'live.back': 'Zurück zu allen Kameras',
  'live.sound.on': 'Ton an',
  'live.sound.off': 'Ton aus',
  'live.full-screen': 'Vollbild',
  'live.timeline': 'Zeitleiste',
  'live.settings': 'Einstellungen dieser Kamera',
};
