import { fail } from '../core/error.js';
import { wordTable } from '../core/word-table.js';

/** One element of conntrack(8)'s XML: either elements or text in it. Between elements, text is an editor's white space, which nobody reads. */
export interface Element {
  name: string;
  attributes: Readonly<Record<string, string>>;
  children: Element[];
  text: string;
  /** Where it begins and ends in the line. */
  at: number;
  end: number;
}

/** A tag, and the text up to the next. */
const TAG = /<(\/?)([A-Za-z_][\w.-]*)((?:\s+[\w.-]+="[^"<]*")*)\s*(\/?)>([^<]*)/y;
const ATTRIBUTE = /\s([\w.-]+)="([^"<]*)"/g;
const ENTITIES = wordTable({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" });

const unescapeXml = (text: string): string =>
  text.replace(/&(\w+);/g, (entity, name: string) => ENTITIES[name] ?? entity);

const DEPTH = 16;

/** The element that the text begins with, in one pass: no declarations or namespaces, which this XML has not; comments are blank by now. At most `limit` elements. */
export function parseElement(line: string, limit: number): Element {
  const open: Element[] = [];
  let at = 0;
  for (let count = 0; ; ) {
    let parent = open.at(-1);
    const end = `</${parent?.name}>`;
    TAG.lastIndex = at;
    const tag = TAG.exec(line) ?? fail('ELEMENT_EXPECTED', at, at === line.length ? end : 'a tag');
    const [whole, slash, name, attributes, empty, text] = tag as unknown as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const next = at + whole.length;
    if (slash === '') {
      if (++count > limit) fail('TOO_MANY_PAIRS', at, `at most ${limit} elements`);
      const element: Element = {
        name,
        attributes: Object.fromEntries(
          [...attributes.matchAll(ATTRIBUTE)].map(([, key, value]) => [key, unescapeXml(value!)]),
        ),
        children: [],
        text: '',
        at,
        end: 0,
      };
      parent?.children.push(element);
      open.push(element);
      if (open.length > DEPTH) fail('ELEMENT_EXPECTED', at, `at most ${DEPTH} elements in each other`);
    } else if (parent?.name !== name) fail('ELEMENT_EXPECTED', at, end);
    if (slash !== '' || empty !== '') {
      const closed = open.pop()!;
      closed.end = next - text.length;
      if (open.length === 0) return closed;
    }
    parent = open.at(-1)!;
    parent.text += unescapeXml(text);
    at = next;
  }
}
