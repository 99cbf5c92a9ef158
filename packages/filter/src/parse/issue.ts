import type { FILTER_ISSUE_CODES } from './issue-codes.js';

/** The code of what is wrong (or, in a warning, doubtful) in the text of a filter. */
export type FilterIssueCode = keyof typeof FILTER_ISSUE_CODES;

/** One fault or warning, with its place in the text. */
export interface FilterIssue {
  /** Stable code of the fault. */
  code: FilterIssueCode;
  /** One sentence, with suggestions. Control characters of the text are replaced. */
  message: string;
  /** Where the fault begins, in UTF-16 units of the original text (a query string is percent-encoded). */
  offset: number;
  /** Length of the fault in UTF-16 units; 0 at the end of the text. */
  length: number;
  /** What could be there: names, or a description. */
  expected?: readonly string[];
  /** What was probably meant, ready to replace the faulty text. */
  suggestions?: readonly string[];
  /** Two lines ready to print: the text, and a caret with the message. */
  snippet: string;
}

/** Thrown for a filter that cannot be used. `issues` has every fault, in the order of the text; the message consists of their snippets. */
export class FilterError extends Error {
  readonly code = 'FILTER_INVALID';
  override readonly name = 'FilterError';
  constructor(readonly issues: readonly FilterIssue[]) {
    super(issues.map(issue => issue.message).join('\n'));
  }
}

const MARGIN = 60;

/** Makes text of others safe to print: control characters (escape sequences) and direction overrides are replaced. */
export const printable = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '\u00b7');

/** Returns the line around a span, cut to fit, and a caret below it. */
export function snippetOf(text: string, offset: number, length: number, message: string): string {
  // slice() first: lastIndexOf() would treat the offset −1 as 0.
  const lineStart = text.slice(0, offset).lastIndexOf('\n') + 1;
  const newline = text.indexOf('\n', offset);
  const lineEnd = newline < 0 ? text.length : newline;
  const from = offset - lineStart > MARGIN ? offset - MARGIN : lineStart;
  const to = lineEnd - offset > MARGIN ? offset + MARGIN : lineEnd;
  const before = (from > lineStart ? '…' : '') + text.slice(from, offset);
  const line = before + text.slice(offset, to) + (to < lineEnd ? '…' : '');
  const marks = Math.max(1, Math.min(length, to - offset));
  return `${printable(line)}\n${' '.repeat(before.length)}^${'~'.repeat(marks - 1)}  ${message}`;
}
