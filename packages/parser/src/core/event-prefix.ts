import type { FlowEventType } from '@conntrack/flow';
import { rfc3339 } from './local-time.js';

/** What stands in front of an event's line, each part there or not. Expectations have their microseconds left-aligned. */
const PREFIX = /^(?:\[(\d{1,11})\.(\d{1,6}) *\]\t)?(?: {0,4}\[(NEW|UPDATE|DESTROY)\] |(?=([ []))|)/;

/** What is expected where it is wrong. */
export const TAG = 'a time in brackets and a tab, [NEW], [UPDATE] or [DESTROY]';

/** The prefix of a line: `[1795236172.289660]\t    [NEW] `. */
export interface Prefix {
  length: number;
  event: FlowEventType | undefined;
  /** RFC 3339 with nine digits. */
  time: string | undefined;
  /** Whether what follows is neither a tag nor a line. */
  wrong: boolean;
}

/** Characters in which every prefix has room. */
export const PREFIX_LENGTH = 48;

/** Reads the prefix. */
export function readPrefix(line: string): Prefix {
  const [{ length }, seconds, micros, tag, other] = PREFIX.exec(line) as unknown as [string, ...(string | undefined)[]];
  return {
    length,
    event: tag?.toLowerCase() as FlowEventType | undefined,
    time: seconds === undefined ? undefined : rfc3339(Number(seconds) * 1000, micros),
    wrong: other !== undefined,
  };
}

/** A line without it. */
export const withoutPrefix = (line: string): string => line.replace(PREFIX, '');

/** The tag as conntrack(8) prints it: right-aligned in nine columns. */
export const formatTag = (type: FlowEventType): string => `${`[${type.toUpperCase()}]`.padStart(9)} `;
