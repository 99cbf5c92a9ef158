import { printable } from '@conntrack/flow/text';

/** Value of `<flow dialect=…>` for an element that has everything of its flow. */
export const DIALECT = 'ctctl';
/** Name of the element in such a flow that holds, as JSON, everything without an element of its own. */
export const REST_ELEMENT = 'rest';

/** Escapes text for an element or attribute. XML does not allow control characters in any form. */
const escapeXml = (text: string | number): string =>
  printable(String(text)).replace(/[&<>"]/g, character =>
    character === '&' ? '&amp;' : character === '<' ? '&lt;' : character === '>' ? '&gt;' : '&quot;',
  );

/** Formats an element with text; returns nothing if there is no value. */
export const element = (name: string, value: string | number | undefined): string =>
  value === undefined ? '' : `<${name}>${escapeXml(value)}</${name}>`;
