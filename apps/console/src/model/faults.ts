// How the faults of a filter are shown and fixed.
import type { FilterIssue } from '@conntrack/filter';

/** The lines that point at a fault's place, without the message, which can be long and wraps by itself. */
export const pointerOf = ({ snippet, message }: FilterIssue): string => snippet.slice(0, -message.length).trimEnd();

/** The text with a fault's place replaced by a suggestion. */
export const fix = (text: string, fault: FilterIssue, suggestion: string): string =>
  text.slice(0, fault.offset) + suggestion + text.slice(fault.offset + fault.length);
