/** Puts variables in the place of `{names}`; one that is not known stays as it is written. */
export function fillIn(text: string, variables: Readonly<Record<string, string | undefined>>): string {
  return text.replace(/\{([a-z_]+)([+-]\d+)?\}/g, (whole, name: string, step: string | undefined) => {
    const value = variables[name];
    if (value === undefined) return whole;
    return step === undefined ? value : String(Number(value) + Number(step));
  });
}

/** Whether a value is as a pattern says; `*` stands for anything. */
export function matches(
  pattern: string,
  value: string,
  variables: Readonly<Record<string, string | undefined>>,
): boolean {
  const parts = fillIn(pattern, variables).split('*');
  let at = 0;
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    const found = index === 0 ? 0 : last ? value.length - part.length : value.indexOf(part, at);
    if (found < at || !value.startsWith(part, found)) return false;
    at = found + part.length;
  }
  return at === value.length;
}
