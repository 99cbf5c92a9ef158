import { printable } from '@conntrack/flow/text';
import { readNumber } from './string-reader.js';

const SUFFIX = /^(.*?) \[USERSPACE\] portid=(\d+)(?: progname=(.*))?$/s;

/** Writes `[USERSPACE] portid=…` for the end of a line, if a flow has it. */
export const userspaceText = (flow: { portid?: number; progname?: string }): string =>
  flow.portid === undefined
    ? ''
    : ` [USERSPACE] portid=${flow.portid}${flow.progname === undefined ? '' : ` progname=${printable(flow.progname)}`}`;

/** Removes the `[USERSPACE]` suffix from a line. */
export function takeUserspace(line: string): { rest: string; portid?: number; progname?: string } {
  const match = SUFFIX.exec(line);
  const portid = readNumber(match?.[2], 0xffffffff);
  if (match === null || portid < 0) return { rest: line };
  return { rest: match[1]!, portid, ...(match[3] !== undefined && { progname: match[3] }) };
}
