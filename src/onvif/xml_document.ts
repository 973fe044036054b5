/**
 * XML as devices send it, as a tree of local names. Pure.
 *
 * Tolerated on purpose: an `&` that nobody escaped (stream URIs with a query), a byte order mark, NUL bytes and rubbish
 * behind the end of the document, undeclared prefixes. Refused: document types, and with them entities of the sender's
 * making; nesting and numbers of elements beyond any honest message.
 */
import sax from 'sax';
import { NightjarError } from '../errors/nightjar_error.ts';

/** Elements within elements; ONVIF's own messages stay below twenty. */
export const maxDepth = 64;
/** Elements of one document: a recorder with a hundred profiles sends about ten thousand. */
export const maxElements = 30_000;

export interface XmlElement {
  /** Without prefix. */
  readonly name: string;
  /** By local name; declarations of namespaces are left out. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Its own text, without that of its children. */
  readonly text: string;
}

interface OpenElement extends XmlElement {
  readonly attributes: Map<string, string>;
  readonly children: OpenElement[];
  text: string;
}

/** Attributes of one element; ONVIF's own have three at most, roots declare some thirty namespaces. */
export const maxAttributes = 256;
/** `&` in one document. */
export const maxAmpersands = 10_000;
/** Characters that are read in one go; long documents are read in parts, with time for others between them. */
const partCharacters = 16 * 1024;

const localNamePattern = /^[A-Za-z][\w.-]{0,127}$/;
const bareAmpersand = /&(?!(?:[A-Za-z]{2,8}|#\d{1,7}|#x[\dA-Fa-f]{1,6});)/g;
/** Neither comment nor CDATA. The parser takes a minute for half a megabyte of one, so it must not see it. */
const declaration = /<!(?!--|\[CDATA\[)/;

/**
 * The root element of a document.
 *
 * @throws NightjarError `onvif_malformed`
 */
export function readXml(text: string): XmlElement {
  const steps = readingSteps(text);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/**
 * The same for long documents.
 *
 * @param pause lets others do their work
 * @throws NightjarError `onvif_malformed`
 */
export async function readLongXml(text: string, pause: () => Promise<void>): Promise<XmlElement> {
  const steps = readingSteps(text);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await pause();
  }
}

function* readingSteps(text: string): Generator<undefined, XmlElement> {
  const start = text.indexOf('<');
  if (start < 0) throw malformed('there is no element');
  if (declaration.test(text)) throw malformed('it has a document type or another declaration');
  if (text.split('&', maxAmpersands + 2).length > maxAmpersands + 1) {
    throw malformed(`it has more than ${maxAmpersands} ampersands`);
  }
  const tree = new TreeBuilder();
  const escaped = text.slice(start).replace(bareAmpersand, '&amp;');
  // What stands behind the end is not looked at: some devices send their whole buffer.
  for (let at = 0; at < escaped.length && !tree.isWhole; at += partCharacters) {
    tree.parser.write(escaped.slice(at, at + partCharacters));
    yield;
  }
  return tree.root;
}

class TreeBuilder {
  readonly parser = sax.parser(true, {});
  readonly #open: OpenElement[] = [];
  #root: OpenElement | undefined;
  #isWhole = false;
  #elements = 0;
  #attributes = 0;

  constructor() {
    const { parser } = this;
    parser.onerror = (error) => {
      if (!this.#isWhole) throw malformed(error.message.split('\n', 1)[0] ?? '');
    };
    parser.onattribute = () => {
      if (++this.#attributes > maxAttributes)
        throw malformed(`an element has more than ${maxAttributes} attributes`);
    };
    parser.onopentag = (tag) => this.#openElement(tag);
    parser.onclosetag = () => {
      this.#open.pop();
      if (this.#open.length === 0) this.#isWhole = true;
    };
    parser.ontext = (part) => this.#addText(part);
    // Where nothing had to be escaped it was escaped all the same.
    parser.oncdata = (part) => this.#addText(part.replaceAll('&amp;', '&'));
  }

  get isWhole(): boolean {
    return this.#isWhole;
  }

  get root(): XmlElement {
    if (!this.#root || !this.#isWhole) throw malformed('it ends in the middle');
    return this.#root;
  }

  #openElement(tag: sax.Tag | sax.QualifiedTag): void {
    if (this.#isWhole) return;
    this.#attributes = 0;
    if (this.#open.length >= maxDepth) throw malformed(`its elements are nested more than ${maxDepth} deep`);
    if (++this.#elements > maxElements) throw malformed(`it has more than ${maxElements} elements`);
    const name = localName(tag.name);
    if (!localNamePattern.test(name)) throw malformed('the name of an element is not one');
    const element: OpenElement = { name, attributes: attributesOf(tag), children: [], text: '' };
    this.#open.at(-1)?.children.push(element);
    this.#root ??= element;
    this.#open.push(element);
  }

  #addText(part: string): void {
    const element = this.#open.at(-1);
    if (element) element.text += part;
  }
}

/** What stands below an element on a path of names; undefined when it is not there. */
export function findElement(element: XmlElement | undefined, ...path: string[]): XmlElement | undefined {
  let found = element;
  for (const name of path) found = found?.children.find((child) => child.name === name);
  return found;
}

/** All children of a name. */
export function childrenOf(element: XmlElement | undefined, name: string): XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

/** The text at the end of a path, without the blanks around it; undefined when there is none. */
export function textAt(element: XmlElement | undefined, ...path: string[]): string | undefined {
  return findElement(element, ...path)?.text.trim() || undefined;
}

/** A text as the content of an XML element. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function attributesOf(tag: sax.Tag | sax.QualifiedTag): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [name, value] of Object.entries(tag.attributes)) {
    if (name === 'xmlns' || name.startsWith('xmlns:')) continue;
    attributes.set(localName(name), typeof value === 'string' ? value : value.value);
  }
  return attributes;
}

function localName(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1);
}

function malformed(why: string): NightjarError {
  return new NightjarError('onvif_malformed', `The XML of the device cannot be read: ${why}.`);
}
