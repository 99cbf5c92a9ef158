import type { Expectation, Flow } from '@conntrack/flow';
import type { RunResult } from '@conntrack/lab';
import type { Conntrack } from '@conntrack/netlink';

/** Numbers that change with time: timeouts, and the seconds since an entry started. */
const MOVING =
  /^((?:ipv[46] +\d+ )?[a-z0-9]+ +\d+ )(\d+)(?= )|(<timeout>|<deltatime>| -t |delta-time=)(\d+)|^(\d+)(?= proto=)/g;
/** The time at which an expectation was printed. */
const MOMENT = /^\[\d+\.\d+ *\]\t/;
/** The state of an SCTP or DCCP entry in XML: conntrack uses the names of TCP (difference `xml-states`). */
const FOREIGN_STATE = /(protoname="(?:sctp|dccp)".*?)( states="own")?><state>[A-Z_\d]+<\/state>/;
/** The reference count: running requests also hold references. */
const USE = /(use=|<use>)\d+/g;
/**
 * Maximum difference in seconds between two readings of a clock since a moment (of `performance.now()`): a busy machine
 * is slow.
 */
export const secondsSince = (moment: number): number => (performance.now() - moment) / 1000 + 1;

interface Line {
  readonly text: string;
  readonly numbers: readonly number[];
}

/** An XML line without the parts that conntrack takes from TCP's table. */
export const withoutForeignState = (line: string): string => line.replace(FOREIGN_STATE, '$1><state>~</state>');

/** Messages without the line that names a line of a file (difference `load-line`). */
const withoutPlace = (stderr: string): string =>
  stderr.replace(/^conntrack v[\d.]+ \(conntrack-tools\): line \d+ of .* (?:is wrong|failed): .*\n/m, '');

function still(line: string): Line {
  const numbers: number[] = [];
  const told = withoutForeignState(line.replace(MOMENT, ''));
  const text = told.replace(USE, '$1N').replace(MOVING, (_, lineHead = '', timeout, name = '', value, bare) => {
    numbers.push(Number(timeout ?? value ?? bare));
    return `${lineHead}${name}~`;
  });
  return { text: !MOMENT.test(line) ? text : `[MOMENT] ${text}`, numbers };
}

/** The lines of an output in a fixed order, without values that change with time. */
const lines = (text: string): Line[] =>
  text
    .split('\n')
    .map(still)
    .sort((one, other) =>
      one.text < other.text ? -1 : one.text > other.text ? 1 : one.numbers[0]! - other.numbers[0]!,
    );

const nearWithin =
  (seconds: number) =>
  (one: Line, other: Line): boolean =>
    one.text === other.text &&
    one.numbers.length === other.numbers.length &&
    one.numbers.every((number, i) => Math.abs(number - other.numbers[i]!) <= seconds);

/**
 * The differences between two outputs as sets of lines, with times up to `seconds` apart: `-` theirs, `+` ours. Empty
 * if there are none.
 */
export function outputDifference(theirs: string, ours: string, seconds: number): string[] {
  const near = nearWithin(seconds);
  const [left, right] = [lines(theirs), lines(ours)];
  const missing = left.filter((line, i) => !(right[i] && near(line, right[i])));
  if (missing.length === 0 && left.length === right.length) return [];
  // The order of lines may differ: only lines without a counterpart count.
  const without = (these: Line[], those: Line[]): Line[] => {
    const rest = [...those];
    return these.filter(line => {
      const at = rest.findIndex(other => near(line, other));
      if (at >= 0) rest.splice(at, 1);
      return at < 0;
    });
  };
  const show = (sign: string) => (line: Line) => `${sign} ${line.text}  ${line.numbers.join(' ')}`.trimEnd();
  return [...without(left, right).map(show('-')), ...without(right, left).map(show('+'))];
}

/** The differences between two runs. Times may differ by `seconds`. */
export function runDifference(theirs: RunResult, ours: RunResult, seconds: number): string[] {
  const found = outputDifference(theirs.stdout, ours.stdout, seconds).map(line => `stdout ${line}`);
  const said = withoutPlace(ours.stderr);
  if (theirs.stderr !== said) found.push(`stderr - ${theirs.stderr.trimEnd()}`, `stderr + ${said.trimEnd()}`);
  if (theirs.status !== ours.status || theirs.signal !== ours.signal)
    found.push(`exit code - ${theirs.status ?? theirs.signal} + ${ours.status ?? ours.signal}`);
  return found;
}

/** A table as lines for comparing two namespaces: without ids, references and start times. */
export async function tableText(conntrack: Conntrack): Promise<string> {
  const texts: string[] = [];
  for await (const flow of conntrack.list()) texts.push(entryText(flow));
  for await (const expectation of conntrack.expectations.list()) texts.push(entryText(expectation));
  return texts.join('\n');
}

function entryText(entry: Flow | Expectation): string {
  // The effect of conntrack's updates on TCP flags is difference `tcp-flags`.
  const {
    id: _,
    key: __,
    use: ___,
    start: ____,
    protoinfo: { flags: _____, ...protoinfo } = {},
    timeout,
    ...rest
  } = entry as Flow;
  return `${JSON.stringify({ ...rest, protoinfo })} delta-time=${timeout ?? 0}`;
}
