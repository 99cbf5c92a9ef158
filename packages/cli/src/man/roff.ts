/** Escapes text for roff. A hyphen is written as a minus, so that options can be copied. */
export const escaped = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^([.'])/gm, '\\&$1');

/** A section with its heading. */
export const section = (heading: string, body: string): string => `.SH ${heading}\n${body.trimEnd()}\n`;

/** Lines that stay as they are. */
export const verbatim = (lines: readonly string[]): string => `.PP\n.nf\n${lines.map(escaped).join('\n')}\n.fi`;

/** A term and what it means. */
export const item = (term: string, text: string): string => `.TP\n.B ${escaped(term)}\n${escaped(text)}`;
