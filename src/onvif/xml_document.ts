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

const localNamePattern = /^[A-Za-z][\w.-]{0,127}$/;
const bareAmpersand = /&(?!(?:[A-Za-z]{2,8}|#\d{1,7}|#x[\dA-Fa-f]{1,6});)/g;

/**
 * The root element of a document.
 *
 * @throws NightjarError `onvif_malformed`
 */
export function readXml(text: string): XmlElement {
  const open: OpenElement[] = [];
  let root: OpenElement | undefined;
  let closed = false;
  let elements = 0;
  const parser = sax.parser(true, {});
  parser.ondoctype = () => {
    throw malformed('it has a document type');
  };
  parser.onerror = (error) => {
    // What follows the end does not matter: some devices send their whole buffer.
    if (!closed) throw malformed(error.message.split('\n', 1)[0] ?? '');
  };
  parser.onopentag = (tag) => {
    if (closed) return;
    if (open.length >= maxDepth) throw malformed(`its elements are nested more than ${maxDepth} deep`);
    if (++elements > maxElements) throw malformed(`it has more than ${maxElements} elements`);
    const name = localName(tag.name);
    if (!localNamePattern.test(name)) throw malformed('the name of an element is not one');
    const element: OpenElement = { name, attributes: attributesOf(tag), children: [], text: '' };
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  };
  const onText = (part: string) => {
    const element = open.at(-1);
    if (element) element.text += part;
  };
  parser.ontext = onText;
  parser.oncdata = onText;
  parser.onclosetag = () => {
    open.pop();
    if (open.length === 0) closed = true;
  };

  const start = text.indexOf('<');
  if (start < 0) throw malformed('there is no element');
  for (const part of documentParts(text.slice(start).replace(bareAmpersand, '&amp;'))) {
    parser.write(part);
    if (closed) break;
  }
  if (!root || !closed) throw malformed('it ends in the middle');
  return root;
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

/** Small parts, so that rubbish behind the end is not read. */
function* documentParts(text: string): Generator<string> {
  const size = 16 * 1024;
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
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
