import { printable } from '@conntrack/flow/text';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text for an element. Control characters are not allowed in XML in any form. */
export const escaped = (text: string): string => printable(text).replace(/[&<>"]/g, letter => ESCAPES[letter]!);

/** An element with text in it. */
export const element = (name: string, text: string | number): string => `<${name}>${escaped(String(text))}</${name}>`;
