/** Makes the plural chooser of a language: picks the form by CLDR's rules and puts the number at `#`. */
export function pluralOf(language: string) {
  const rules = new Intl.PluralRules(language);
  const numbers = new Intl.NumberFormat(language);
  return (count: number, forms: { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>): string =>
    (forms[rules.select(count)] ?? forms.other).replaceAll('#', numbers.format(count));
}
