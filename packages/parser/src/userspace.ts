import { readNumber } from './string-reader.js';

const SUFFIX = /^ \[USERSPACE\] portid=(\d+)(?: progname=(.*))?$/;

/** Writes `[USERSPACE] portid=…` behind a line, where a flow has it. */
export const userspaceText = (flow: { portid?: number; progname?: string }): string =>
  flow.portid === undefined
    ? ''
    : ` [USERSPACE] portid=${flow.portid}${flow.progname === undefined ? '' : ` progname=${flow.progname}`}`;

/** Takes such a suffix off. */
export function takeUserspace(line: string): { rest: string; portid?: number; progname?: string } {
  const at = line.indexOf(' [USERSPACE] ');
  const match = at < 0 ? null : SUFFIX.exec(line.slice(at));
  const portid = readNumber(match?.[1], 0xffffffff);
  if (match === null || portid < 0) return { rest: line };
  return { rest: line.slice(0, at), portid, ...(match[2] !== undefined && { progname: match[2] }) };
}
