/** Markup that is safe to send: only {@link xml} makes it. */
export class Xml {
  readonly #markup: string;

  constructor(parts: readonly string[]) {
    this.#markup = parts.join('');
  }

  toString(): string {
    return this.#markup;
  }
}

type XmlValue = string | number | boolean | Xml | undefined | readonly Xml[];

/**
 * Markup with values: text is escaped, for elements and attributes alike; undefined and an empty list are nothing. The
 * line feeds of the markup are for readers of the code and are not sent, since clients take blanks between elements
 * for values.
 */
export function xml(markup: TemplateStringsArray, ...values: readonly XmlValue[]): Xml {
  return new Xml(markup.flatMap((part, index) => [part.replaceAll('\n', ''), written(values[index])]));
}

function written(value: XmlValue): string {
  if (value === undefined) return '';
  if (value instanceof Xml) return value.toString();
  if (typeof value === 'object') return value.join('');
  return escaped(String(value));
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  // Written as they are, these would be read back as a blank or a line feed (XML 1.0 sections 2.11 and 3.3.3).
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** What XML 1.0 cannot carry (section 2.2, `Char`), not even as a reference, becomes U+FFFD. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"'\t\n\r]/g, (character) => entities[character]!);
}
