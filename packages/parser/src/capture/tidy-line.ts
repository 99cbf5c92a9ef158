// Lines of /proc and conntrack(8) as they come out of terminals, logs, e-mails and other programs: with something in front, coloured, wrapped.

/** What a line of entries, events or their XML and JSON begins with. */
const START =
  /(?:ipv[46] +\d|[a-z][\w.-]* +\d{1,3} +(?:-?\d|[A-Z]|src=|timeout=)|\[(?:NEW|UPDATE|DESTROY)\] |\[\d{9,11}\.\d{1,6} *\]\s|-[AUD] -|<[?!a-z]|\{|[\w-]+,orig=\(|EXPECTING: |conntrack v)/y;

/** What other programs put in front of a line, each at its beginning. Anything else in front is not a prefix, and a fault. */
const PREFIXES: readonly RegExp[] = [
  // Indentation, quotes of e-mails.
  /[ \t\u00a0>]+/y,
  // The columns of docker compose.
  /[\w.-]+ +\| /y,
  // kubectl logs --prefix.
  /\[pod\/[^\]\s]+\] /y,
  // syslog, journalctl: RFC 5424; RFC 3164; a host and a program behind a time.
  /<\d{1,3}>\d (?=\d{4}-)/y,
  /(?:<\d{1,3}>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?:[\w.:-]+ [\w./-]+(?:\[\d+\])?: )?/y,
  /\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?[ \t]+(?:[\w.:-]+ [\w./-]+(?:\[\d+\])?: |[\w.:-]+ [\w./-]+ [\w-]+ [\w-]+ (?:-|\[[^\]]*\]) )?/y,
  // A clock; the time since boot of dmesg; a program's name.
  /\[?\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?\]?[ \t]+/y,
  /\[ *\d{1,8}\.\d{1,9}\] /y,
  /[\w./-]+\[\d+\]: /y,
  // cat -n, nl; grep -n; grep -H, with -n.
  /\d+\t/y,
  /\d+:(?=\D)/y,
  /(?:\.{0,2}\/)?[\w.@~+-][\w.@~+/-]*:(?:\d+:)?(?=\D)/y,
];

/** The shell's prompt, with the command that printed the text or alone; and the heading of watch(1). */
const PROMPT =
  /^(?:\[?\w[\w.-]*@[\w.-]+[ :][^=#$%>]*|[\w.-]+:[~/][\w./-]* ?|[~/][\w./-]* ?|(?:ba|z|da|k|a)?sh[\d.-]*|)[#$%>\u276f] *(?:(?:(?:sudo|doas) +)?(?:z?cat|less|more|head|tail|z?grep|watch|ssh|kubectl|docker|ip|nsenter|conntrack|ctctl|ovs-\w+)\b.*)?$|^Every \d+(?:\.\d+)?s: /;

const COLOUR = /\x1b\[[\d;]*[mK]/g;

/** A line without what does not belong to it. */
export interface TidyLine {
  text: string;
  /** Whether it begins as a record does; else it may be the rest of one. */
  starts: boolean;
  /** Whether a backslash at its end says that it goes on. */
  open: boolean;
  /** Where a character of `text` stands in the line. */
  place(at: number): number;
}

const matches = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
};

/** Takes off what other programs put around a line; `undefined` for a line that says nothing: a prompt, a blank. */
export function tidyLine(line: string): TidyLine | undefined {
  const colours = [...line.matchAll(COLOUR)];
  const plain = (colours.length === 0 ? line : line.replace(COLOUR, '')).trimEnd();
  if (PROMPT.test(plain.trim())) return undefined;
  let start = 0;
  let starts = matches(START, plain, start) > 0;
  while (!starts) {
    const length = PREFIXES.reduce((found, prefix) => found || matches(prefix, plain, start), 0);
    if (length === 0) break;
    start += length;
    starts = matches(START, plain, start) > 0;
  }
  // Of the rest of a record nothing but the margin is taken off: an IPv6 address that was cut looks as a prefix does.
  if (!starts) start = matches(PREFIXES[0]!, plain, 0);
  const open = plain.endsWith('\\') && !plain.startsWith('{', start);
  const text = plain
    .slice(start, open ? -1 : undefined)
    .trimEnd()
    .replace(/[\t\u00a0]/g, ' ')
    .replace(/^(\[\d{9,11}\.\d{1,6} *\]) /, '$1\t');
  if (text === '') return undefined;
  const place = (at: number): number => {
    let found = start + at;
    for (const colour of colours) if (colour.index <= found) found += colour[0].length;
    return found;
  };
  return { text, starts, open, place };
}

/** Where an entry begins that has something unknown in front; −1 when there is none. */
export const entryWithin = (line: string): number =>
  line.search(/(?:\bipv[46] +\d+ +)?\b[a-z][\w.-]* +\d{1,3} +(?:\d+ +)?(?:[A-Z]\w* +)?src=/);
