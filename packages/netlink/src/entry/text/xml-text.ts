import { printable } from '@conntrack/flow/text';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Escapes text for an element. XML does not allow control characters in any form. */
export const escaped = (text: string): string => printable(text).replace(/[&<>"]/g, letter => ESCAPES[letter]!);

/** Formats an element with text. */
export const element = (name: string, text: string | number): string => `<${name}>${escaped(String(text))}</${name}>`;
