import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventLetter, eventName } from '../timeline/event_words.ts';
import { german } from './de.ts';
import { english, type Language, speak } from './message.ts';

type Text = string | ((values: Record<string, string>) => string);

const languages = { English: english, German: german };
const textsOf = ({ texts }: Language) => Object.entries(texts as unknown as Record<string, Text>);

/** The names of the values that a text asks for. */
function valuesOf(text: Text): string[] {
  if (typeof text === 'string') return [];
  const names = new Set<string>();
  text(new Proxy({}, { get: (_, name) => names.add(String(name)) && '2' }));
  return [...names].sort();
}

/** A text with its values, which are figures: they stand for counts and for words alike. */
const said = (text: Text, values: Record<string, string>) => (typeof text === 'string' ? text : text(values));

const figures = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, '2']));

test('both languages have the same texts, which want the same values', () => {
  const shapes = Object.values(languages).map((language) =>
    Object.fromEntries(textsOf(language).map(([key, text]) => [key, valuesOf(text)])),
  );
  assert.deepEqual(shapes[1], shapes[0]);
});

for (const [name, language] of Object.entries(languages)) {
  test(`each text in ${name} says all of its values, and has no space around it`, () => {
    for (const [key, text] of textsOf(language)) {
      const values = figures(valuesOf(text));
      const words = said(text, values);
      assert.match(words, /^\S(.*\S)?$/su, key);
      for (const value of Object.keys(values)) {
        assert.notEqual(said(text, { ...values, [value]: '7' }), words, `${key}: ${value}`);
      }
    }
  });

  test(`the kinds of events have letters of their own in ${name}`, (context) => {
    speak(language);
    context.after(() => speak(english));
    const types = ['motion', 'person', 'face', 'vehicle', 'animal', 'line', 'field', 'sound', 'doorbell'];
    const all = [...types, 'contact', 'tamper'];
    for (const type of all) assert.notEqual(eventName(type), type);
    const letters = all.map(eventLetter);
    assert.equal(new Set(letters).size, all.length, letters.join());
  });
}
