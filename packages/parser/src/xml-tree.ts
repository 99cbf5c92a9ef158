import { LineFault } from './string-reader.js';

/** One element of conntrack(8)'s XML: either elements or text in it. */
export interface Element {
  name: string;
  attributes: Readonly<Record<string, string>>;
  children: Element[];
  text: string;
  /** Where it begins and ends in the line. */
  at: number;
  end: number;
}

const TAG = /<(\/?)([A-Za-z_][\w.-]*)((?: [\w.-]+="[^"<]*")*) ?(\/?)>/y;
const ATTRIBUTE = / ([\w.-]+)="([^"<]*)"/g;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const unescapeXml = (text: string): string =>
  text.includes('&') ? text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name]!) : text;

/** Text for an element or attribute. */
export const escapeXml = (text: string | number): string =>
  String(text).replace(/[&<>"]/g, character =>
    character === '&' ? '&amp;' : character === '<' ? '&lt;' : character === '>' ? '&gt;' : '&quot;',
  );

const DEPTH = 16;

/** The element that begins at `at`, in one pass: no declarations, comments or namespaces, which this XML has not. At most `limit` elements. */
export function parseElement(line: string, at: number, limit: number): Element | LineFault {
  const open: Element[] = [];
  let i = at;
  for (let count = 0; ; ) {
    const parent = open.at(-1);
    const next = line.indexOf('<', i);
    if (next < 0) return new LineFault('ELEMENT_EXPECTED', line.length, parent ? `</${parent.name}>` : 'an element');
    if (next > i) {
      const text = line.slice(i, next);
      // White space between elements is an editor's, not conntrack(8)'s.
      if (parent !== undefined && (parent.children.length === 0 || text.trim() !== ''))
        parent.text += unescapeXml(text);
    }
    TAG.lastIndex = next;
    const tag = TAG.exec(line);
    if (tag === null) return new LineFault('ELEMENT_EXPECTED', next, 'a tag');
    i = TAG.lastIndex;
    if (tag[1] === '/') {
      if (parent === undefined || parent.name !== tag[2])
        return new LineFault('ELEMENT_EXPECTED', next, parent ? `</${parent.name}>` : 'an element');
      parent.end = i;
      open.pop();
      if (open.length === 0) return parent;
      continue;
    }
    if (++count > limit) return new LineFault('TOO_MANY_PAIRS', next, `at most ${limit} elements`);
    const attributes: Record<string, string> = {};
    for (const [, name, value] of tag[3]!.matchAll(ATTRIBUTE)) attributes[name!] = unescapeXml(value!);
    const element: Element = { name: tag[2]!, attributes, children: [], text: '', at: next, end: i };
    parent?.children.push(element);
    if (tag[4] !== '/') {
      open.push(element);
      if (open.length > DEPTH)
        return new LineFault('ELEMENT_EXPECTED', next, `at most ${DEPTH} elements in each other`);
    } else if (parent === undefined) return element;
  }
}
