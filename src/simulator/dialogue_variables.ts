/** Puts variables in the place of `{names}`, and bytes in that of `{0x7b}`; a name that is not known stays as it is written. */
export function fillIn(text: string, variables: Readonly<Record<string, string | undefined>>): string {
  return text.replace(/\{(?:0x([0-9a-f]{2})|([a-z_]+)([+-]\d+)?)\}/gi, (whole, byte, name, step) => {
    if (byte !== undefined) return String.fromCharCode(Number.parseInt(byte, 16));
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
