import { fail } from '../core/error.js';
import { wordTable } from '../core/word-table.js';

/** One element of conntrack(8)'s XML. It contains either elements or text; white space between elements is ignored. */
export interface Element {
  name: string;
  attributes: Readonly<Record<string, string>>;
  children: Element[];
  text: string;
  /** Index where the element begins and ends in the line. */
  at: number;
  end: number;
}

/** A tag, and the text up to the next tag. */
const TAG = /<(\/?)([A-Za-z_][\w.-]*)((?:\s+[\w.-]+="[^"<]*")*)\s*(\/?)>([^<]*)/y;
const ATTRIBUTE = /\s([\w.-]+)="([^"<]*)"/g;
const ENTITIES = wordTable({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" });

const unescapeXml = (text: string): string =>
  text.replace(/&(\w+);/g, (entity, name: string) => ENTITIES[name] ?? entity);

const DEPTH = 16;

/**
 * Parses the element at the beginning of the text, in one pass, with at most `limit` elements. Comments are blank by now; declarations and
 * namespaces do not occur in this XML.
 */
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
      if (open.length > DEPTH) fail('ELEMENT_EXPECTED', at, `at most ${DEPTH} nested elements`);
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
