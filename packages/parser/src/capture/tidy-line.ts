// Lines of /proc and conntrack(8) as terminals, logs, e-mails and other programs change them: prefixed, coloured, wrapped.

/** The beginning of a line that holds an entry or an event, as text, XML or JSON. */
const START =
  /(?:ipv[46] +\d|[a-z][\w.-]* +\d{1,3} +(?:-?\d|[A-Z]|src=|timeout=)|\[(?:NEW|UPDATE|DESTROY)\] |\[\d{9,11}\.\d{1,6} *\]\s|-[AUD] -|<[?!a-z]|\{|[\w-]+,orig=\(|EXPECTING: |conntrack v)/y;

/** What other programs put in front of a line. Any other text in front of an entry is a fault. */
const PREFIXES: readonly RegExp[] = [
  // Indentation, and quotation marks of e-mails.
  /[ \t\u00a0>]+/y,
  // The columns of docker compose.
  /[\w.-]+ +\| /y,
  // kubectl logs --prefix.
  /\[pod\/[^\]\s]+\] /y,
  // syslog and journalctl: RFC 5424, RFC 3164, or a host and a program after a time.
  /<\d{1,3}>\d (?=\d{4}-)/y,
  /(?:<\d{1,3}>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?:[\w.:-]+ [\w./-]+(?:\[\d+\])?: )?/y,
  /\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?[ \t]+(?:[\w.:-]+ [\w./-]+(?:\[\d+\])?: |[\w.:-]+ [\w./-]+ [\w-]+ [\w-]+ (?:-|\[[^\]]*\]) )?/y,
  // A time of day; dmesg's time since boot; a program's name.
  /\[?\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?\]?[ \t]+/y,
  /\[ *\d{1,8}\.\d{1,9}\] /y,
  /[\w./-]+\[\d+\]: /y,
  // cat -n, nl; grep -n; grep -H, with -n.
  /\d+\t/y,
  /\d+:(?=\D)/y,
  /(?:\.{0,2}\/)?[\w.@~+-][\w.@~+/-]*:(?:\d+:)?(?=\D)/y,
];

/** The prompt of a shell, with or without the command that printed the text; and the heading of watch(1). */
const PROMPT =
  /^(?:\[?\w[\w.-]*@[\w.-]+[ :][^=#$%>]*|[\w.-]+:[~/][\w./-]* ?|[~/][\w./-]* ?|(?:ba|z|da|k|a)?sh[\d.-]*|)[#$%>\u276f] *(?:(?:(?:sudo|doas) +)?(?:z?cat|less|more|head|tail|z?grep|watch|ssh|kubectl|docker|ip|nsenter|conntrack|ctctl|ovs-\w+)\b.*)?$|^Every \d+(?:\.\d+)?s: /;

const COLOUR = /\x1b\[[\d;]*[mK]/g;

/** A line without what other programs added to it. */
export interface TidyLine {
  text: string;
  /** Whether the line begins like a record. Otherwise it may be the continuation of one. */
  starts: boolean;
  /** Whether a backslash at the end says that the line continues. */
  open: boolean;
  /** Returns the index in the original line of a character of `text`. */
  place(at: number): number;
}

const matches = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
};

/** Removes what other programs put around a line; returns `undefined` for a line without content (a prompt, a blank line). */
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
  // From a continuation only the margin is removed: an IPv6 address that was cut looks like a prefix.
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

/** Returns the index of an entry that has unknown text in front; −1 if there is none. */
export const entryWithin = (line: string): number =>
  line.search(/(?:\bipv[46] +\d+ +)?\b[a-z][\w.-]* +\d{1,3} +(?:\d+ +)?(?:[A-Z]\w* +)?src=/);
