/**
 * Reads small XML documents of strangers (XML 1.0 with namespaces) by the strict parser of `sax`.
 *
 * Refused: document types (SOAP 1.2 part 1 section 5 forbids them, and entities with them) and everything beyond the
 * bounds below. Not looked at: comments and processing instructions.
 */
import sax from 'sax';

/** In characters. */
export const maxDocumentLength = 65_536;
export const maxDepth = 32;
export const maxElements = 2000;

export interface XmlElement {
  readonly namespace: string;
  /** Without prefix. */
  readonly name: string;
  /** By name without prefix. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** All text directly inside, trimmed. */
  readonly text: string;
  /** The namespace of a prefix where this element stands, for names that are text (QName). */
  readonly namespaceOf: (prefix: string) => string | undefined;
}

/** The document cannot be read; the message says why. */
export class XmlError extends Error {}

/** Strict entities: the five of XML, not those of HTML. */
const saxOptions: sax.SAXOptions & { readonly strictEntities: true } = { xmlns: true, strictEntities: true };

/** @throws XmlError for all that is not well-formed, too large or with a document type */
export function parseXml(document: string): XmlElement {
  if (document.length > maxDocumentLength) {
    throw new XmlError(`it is longer than ${maxDocumentLength} characters`);
  }
  const builder = new TreeBuilder();
  const parser = sax.parser(true, saxOptions);
  parser.onerror = (error) => fail(error.message.split('\n')[0]!);
  parser.ondoctype = () => fail('it has a document type');
  parser.onopentag = (tag) => builder.open(tag as sax.QualifiedTag);
  parser.onclosetag = () => builder.close();
  parser.ontext = (text) => builder.text(text);
  parser.oncdata = (text) => builder.text(text);
  parser.write(document).close();
  return builder.root ?? fail('it has no element');
}

/** The only, or the first, child of this name. */
export function childOf(element: XmlElement, namespace: string, name: string): XmlElement | undefined {
  return element.children.find((child) => child.name === name && child.namespace === namespace);
}

interface OpenElement extends XmlElement {
  readonly children: XmlElement[];
  text: string;
}

class TreeBuilder {
  root: XmlElement | undefined;
  readonly #open: OpenElement[] = [];
  #elements = 0;

  open(tag: sax.QualifiedTag): void {
    if (++this.#elements > maxElements) fail(`it has more than ${maxElements} elements`);
    if (this.#open.length >= maxDepth) fail(`it is nested more than ${maxDepth} deep`);
    // The parser looks prefixes up in plain objects, where `constructor` and the like are found but are no text.
    if (typeof tag.uri !== 'string') fail(`its prefix "${tag.prefix}" was not declared`);
    const element: OpenElement = {
      namespace: tag.uri,
      name: tag.local,
      attributes: new Map(Object.values(tag.attributes).map(({ local, value }) => [local, value])),
      children: [],
      text: '',
      namespaceOf: (prefix) => {
        const namespace: unknown = tag.ns[prefix];
        return typeof namespace === 'string' ? namespace : undefined;
      },
    };
    this.#open.at(-1)?.children.push(element);
    this.root ??= element;
    this.#open.push(element);
  }

  text(text: string): void {
    const element = this.#open.at(-1);
    if (element) element.text += text;
  }

  close(): void {
    const element = this.#open.pop();
    if (element) element.text = element.text.trim();
  }
}

function fail(reason: string): never {
  throw new XmlError(reason);
}
