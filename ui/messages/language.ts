/** Which language the interface speaks: the one that was chosen in this browser, else the first that the browser prefers. */
import { type Language, speak } from './message.ts';

const key = 'nightjar.language';

/** The languages that there are, by their tags, with what they call themselves. */
export const languageNames = { en: 'English', de: 'Deutsch' } as const;
export type LanguageTag = keyof typeof languageNames;

const isKnown = (tag: string): tag is LanguageTag => Object.hasOwn(languageNames, tag);

/**
 * @param chosen what was kept of an earlier choice
 * @param preferred tags of languages such as 'de-AT', the dearest first
 */
export function languageFor(chosen: string | null, preferred: readonly string[]): LanguageTag {
  const bases = preferred.map((tag) => tag.toLowerCase().split('-')[0]!);
  return [chosen ?? '', ...bases].find(isKnown) ?? 'en';
}

/** The language of this page; for another one it is loaded anew. */
export const language = (): LanguageTag => languageFor(localStorage.getItem(key), navigator.languages);

/** Keeps the choice in this browser, and loads the page anew in it. */
export function chooseLanguage(tag: LanguageTag): void {
  localStorage.setItem(key, tag);
  location.reload();
}

/** Speaks the language of this page. What is not English is fetched first; where that fails, it stays English. */
export async function speakLanguage(root: HTMLElement): Promise<void> {
  const tag = language();
  if (tag === 'en') return;
  const loaded = await catalogues[tag]().catch(() => undefined);
  if (!loaded) return;
  speak(loaded);
  root.lang = tag;
}

const catalogues: Readonly<Record<Exclude<LanguageTag, 'en'>, () => Promise<Language>>> = {
  de: async () => (await import('./de.ts')).german,
};
