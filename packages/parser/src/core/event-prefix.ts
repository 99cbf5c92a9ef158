import type { FlowEventType } from '@conntrack/flow';
import { rfc3339 } from './local-time.js';

/** What precedes an event on its line; each part is optional. Expectations have their microseconds left-aligned. */
const PREFIX = /^(?:\[(\d{1,11})\.(\d{1,6}) *\]\t)?(?: {0,4}\[(NEW|UPDATE|DESTROY)\] |(?=([ []))|)/;

/** What an error expects if the prefix is wrong. */
export const TAG = 'a time in brackets and a tab, [NEW], [UPDATE] or [DESTROY]';

/** The prefix of a line: `[1795236172.289660]\t    [NEW] `. */
export interface Prefix {
  length: number;
  event: FlowEventType | undefined;
  /** RFC 3339 with nine digits. */
  time: string | undefined;
  /** Whether the text after the prefix is neither a tag nor a line. */
  wrong: boolean;
}

/** Maximum length of a prefix, in characters. */
export const PREFIX_LENGTH = 48;

/** Reads the prefix of a line. */
export function readPrefix(line: string): Prefix {
  const [{ length }, seconds, micros, tag, other] = PREFIX.exec(line) as unknown as [string, ...(string | undefined)[]];
  return {
    length,
    event: tag?.toLowerCase() as FlowEventType | undefined,
    time: seconds === undefined ? undefined : rfc3339(Number(seconds) * 1000, micros),
    wrong: other !== undefined,
  };
}

/** Removes the prefix of a line. */
export const withoutPrefix = (line: string): string => line.replace(PREFIX, '');

/** Formats a tag as conntrack(8) does: right-aligned in nine columns. */
export const formatTag = (type: FlowEventType): string => `${`[${type.toUpperCase()}]`.padStart(9)} `;
