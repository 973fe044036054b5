import assert from 'node:assert/strict';
import { test } from 'node:test';
import { languageFor } from './language.ts';

const rows: readonly [what: string, chosen: string | null, preferred: readonly string[], language: string][] =
  [
    ['a browser that wants German gets it', null, ['de'], 'de'],
    ['so does one of a country', null, ['de-AT', 'en'], 'de'],
    ['English before German is English', null, ['en-US', 'de'], 'en'],
    ['German behind a language that there is not is German', null, ['fr-CH', 'de-CH', 'en'], 'de'],
    ['all other languages are English', null, ['fr', 'pl'], 'en'],
    ['a browser without wishes is English', null, [], 'en'],
    ['a choice comes first', 'en', ['de-DE'], 'en'],
    ['a choice of German too', 'de', ['en-GB'], 'de'],
    ['a choice that there is no more is none', 'tlh', ['de'], 'de'],
    ['names that all objects have are no languages', 'constructor', ['toString'], 'en'],
  ];

for (const [what, chosen, preferred, language] of rows) {
  test(what, () => assert.equal(languageFor(chosen, preferred), language));
}
