import type { FlowEventType } from '@conntrack/flow';
import { CLOSE_BRACKET, DOT, decode, OPEN_BRACKET, SPACE, standsAt, TAB, ZERO } from './bytes.js';
import { rfc3339 } from './local-time.js';

/** What stands in front of an event's line: `[1795236172.289660]\t    [NEW] `, each part there or not. */
export interface Prefix {
  /** Where the line proper begins. */
  at: number;
  type: FlowEventType | undefined;
  /** RFC 3339 with nine digits. */
  time: string | undefined;
}

const TAGS: readonly (readonly [string, FlowEventType])[] = [
  ['[NEW] ', 'new'],
  ['[UPDATE] ', 'update'],
  ['[DESTROY] ', 'destroy'],
];

/** The tag as conntrack(8) prints it: right-aligned in nine columns. */
export const formatTag = (type: FlowEventType): string => `${`[${type.toUpperCase()}]`.padStart(9)} `;

function readTime(bytes: Uint8Array, start: number, end: number, prefix: Prefix): boolean {
  let i = start + 1;
  let seconds = 0;
  while (i < end && bytes[i]! >= ZERO && bytes[i]! <= 57 && i < start + 13) seconds = seconds * 10 + bytes[i++]! - ZERO;
  const dot = i++;
  while (i < end && bytes[i]! >= ZERO && bytes[i]! <= 57 && i <= dot + 6) i++;
  const micros = i;
  // Expectations have them left-aligned, with spaces behind.
  while (i < end && bytes[i] === SPACE && i <= dot + 6) i++;
  if (dot < start + 2 || bytes[dot] !== DOT || micros === dot + 1) return false;
  if (bytes[i] !== CLOSE_BRACKET || bytes[i + 1] !== TAB || i + 1 >= end) return false;
  // Beyond the year 9999 there is no RFC 3339.
  if (seconds > 253402300799) return false;
  prefix.time = rfc3339(seconds * 1000, decode(bytes, dot + 1, micros));
  prefix.at = i + 2;
  return true;
}

/** Reads the prefix into `prefix`; a line that has none begins where it began. Answers whether what is there is right. */
export function readPrefix(bytes: Uint8Array, start: number, end: number, prefix: Prefix): boolean {
  prefix.at = start;
  prefix.type = undefined;
  prefix.time = undefined;
  if (bytes[start] === OPEN_BRACKET && bytes[start + 1]! <= 57 && !readTime(bytes, start, end, prefix)) return false;
  let i = prefix.at;
  while (i < end && i < prefix.at + 4 && bytes[i] === SPACE) i++;
  if (i >= end || bytes[i] !== OPEN_BRACKET) return i === prefix.at;
  for (const [tag, type] of TAGS)
    if (standsAt(bytes, i, end, tag)) {
      prefix.type = type;
      prefix.at = i + tag.length;
      return true;
    }
  return false;
}
