import { printable } from '@conntrack/flow/text';

/** What `<flow dialect=…>` says of an element that has everything of its flow. */
export const DIALECT = 'ctctl';
/** The element of such a flow that holds, as JSON, what has no element of its own. */
export const REST_ELEMENT = 'rest';

/** Text for an element or attribute. Control characters are not allowed in XML in any form. */
const escapeXml = (text: string | number): string =>
  printable(String(text)).replace(/[&<>"]/g, character =>
    character === '&' ? '&amp;' : character === '<' ? '&lt;' : character === '>' ? '&gt;' : '&quot;',
  );

/** An element with text in it; nothing where there is no value. */
export const element = (name: string, value: string | number | undefined): string =>
  value === undefined ? '' : `<${name}>${escapeXml(value)}</${name}>`;
