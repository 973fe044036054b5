/** What a device says of itself goes to people and logs: it must not move their cursor or fill their screen. */

/** The longest name that is shown. */
export const maxLabelCharacters = 100;

/**
 * A text of a device as one line of printable characters; undefined when nothing is left. Control and formatting
 * characters (the ones that turn the direction of writing too) go, blanks become one.
 */
export function labelText(text: string | undefined): string | undefined {
  const line = text
    ?.slice(0, maxLabelCharacters * 8)
    .replace(/[\s\p{Z}]+/gu, ' ')
    .replace(/\p{C}+/gu, '')
    .trim();
  const short = line && Array.from(line).slice(0, maxLabelCharacters).join('').trim();
  return short || undefined;
}
