import { readPrefix, withoutPrefix } from '../core/event-prefix.js';
import type { DetectedFormat, TextFormat } from '../core/formats.js';
import { TRAILER } from '../core/trailer.js';
import { EXPECTATION_SHAPES } from './expectation-shapes.js';
import { COLUMNS, FLOW_SHAPES, type Shapes, shapeOf } from './flow-shapes.js';

/** Number of lines that are looked at, and of characters of each. */
const LINES = 32;
const LENGTH = 4096;

/** What occurs only in the kernel's files: zone 0, unabbreviated IPv6, GRE's timeouts, and l7proto and a space at the end from old kernels. */
const KERNEL = / zone=0 |=(?:[\da-f]{4}:){7}[\da-f]{4} | timeout=\d+, | l7proto=| $/;

/** The `id=` of `-o id`, which is not ICMP's identifier. */
const ID = /(?<! code=\d{1,3}) id=\d+(?: labels\S*)?(?: \[USERSPACE\] .*)?$/;

/** How the first characteristic line of each format looks. */
const SHAPES: Shapes<TextFormat> = [
  ...FLOW_SHAPES,
  ...EXPECTATION_SHAPES,
  ['stats', /^cpu=\d+ *\t/],
  ['proc_stats', /^entries {2}\w/],
  ['count', /^\d+$/],
];

/** The first lines of a text, without what conntrack(8) prints beside its entries. */
function* linesOf(text: string): Generator<string> {
  let from = text.startsWith('\ufeff') ? 1 : 0;
  for (let count = 0; count < LINES; count++) {
    const newline = text.indexOf('\n', from);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(from, Math.min(end, from + LENGTH)).replace(/\r$/, '');
    from = end + 1;
    if (!TRAILER.test(line)) yield line;
  }
}

/** Detects the options of lines of flows. An option that only some lines show (labels) counts as on. */
function detectLines(lines: readonly string[]): DetectedFormat<'proc' | 'ip_conntrack' | 'conntrack'> | undefined {
  const flows = lines.flatMap(whole => {
    const { length, event, time } = readPrefix(whole);
    const line = whole.slice(length);
    const columns = COLUMNS.exec(line);
    return columns === null ? [] : [{ line, columns, event, time }];
  });
  if (flows.length === 0) return undefined;
  const events = flows.some(({ event }) => event !== undefined);
  const extended = flows.some(({ columns }) => columns[1] !== undefined);
  const compact = flows.some(({ columns }) => columns[2]!.length < 8 && columns[3] === ' ');
  const id = flows.some(({ line }) => ID.test(line));
  const kernel = flows.some(({ line }) => KERNEL.test(line));
  // Reading the file holds a reference to the entry; a dump does not.
  const held = flows.some(({ line }) => / use=(?!1\b)\d+$/.test(line));
  if (!events && !id && (kernel || (held && extended)))
    return { format: extended ? 'proc' : 'ip_conntrack', events, compact };
  const timestamp = flows.some(({ time }) => time !== undefined);
  return { format: 'conntrack', events, extended, id, timestamp, ktimestamp: true, labels: true, compact };
}

/**
 * Detects the format of a text from its first lines; the beginning of the text is enough. Returns `undefined` if no line has a known
 * format.
 *
 * The result can be passed to the writers, which then write the same bytes.
 *
 * If two formats are equal byte for byte, the more likely one is returned: lines without layer 3 columns are from `conntrack -L`, except if
 * they contain something that occurs only in the kernel's file.
 *
 * @example
 * ```ts
 * import { detectFormat } from '@conntrack/parser/format';
 * detectFormat('udp      17 29 src=192.0.2.1 dst=192.0.2.53 sport=5353 dport=53 …')?.format; // 'conntrack'
 * ```
 */
export function detectFormat(text: string): DetectedFormat | undefined {
  const lines = [...linesOf(text)];
  for (const whole of lines) {
    const line = withoutPrefix(whole);
    const format = shapeOf(SHAPES, line);
    if (format === undefined) continue;
    if (format === 'conntrack') return detectLines(lines);
    if (format === 'xml') {
      const events = lines.some(one => /<flow type="/.test(one));
      return { format, events, ktimestamp: true, labels: true };
    }
    const events =
      line !== whole ||
      (format === 'save' && lines.some(one => /^-[UD] /.test(one))) ||
      (format === 'ndjson' && /"type":"(?:new|update|destroy)"/.test(line));
    return format === 'stats' ? { format, events, compact: !line.endsWith(' ') } : { format, events };
  }
  return undefined;
}
