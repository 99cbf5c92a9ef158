import type { FILTER_ISSUE_CODES } from './issue-codes.js';

/** What is wrong (or, as a warning, doubtful) in a filter's text. */
export type FilterIssueCode = keyof typeof FILTER_ISSUE_CODES;

/** One fault or warning, with its place. */
export interface FilterIssue {
  code: FilterIssueCode;
  /** One sentence, suggestions included. Control characters of the text are replaced. */
  message: string;
  /** Where, in UTF-16 units of the text as given: percent-encoded for a query string. */
  offset: number;
  /** How much of it; 0 at the end of the text. */
  length: number;
  /** What could stand there: names, or a description. */
  expected?: readonly string[];
  /** Likely meant, ready to replace the span. */
  suggestions?: readonly string[];
  /** Two lines ready to print: the text, and a caret with the message. */
  snippet: string;
}

/** A filter that cannot be used. `issues` has every fault, in the order of the text; the message is their snippets. */
export class FilterError extends Error {
  readonly code = 'FILTER_INVALID';
  override readonly name = 'FilterError';
  constructor(readonly issues: readonly FilterIssue[]) {
    super(issues.map(issue => issue.message).join('\n'));
  }
}

const MARGIN = 60;

/** Text of others, fit for a terminal: no control characters (escape sequences) and no direction overrides. */
export const printable = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '\u00b7');

/** The line around a span, cut to fit, and a caret below it. */
export function snippetOf(text: string, offset: number, length: number, message: string): string {
  // Not lastIndexOf with a place: −1 counts as 0 there.
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
