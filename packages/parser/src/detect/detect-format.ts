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
  ['proc_stats', /^entries {2}\w+/],
  ['count', /^\d+$/],
];

/** Yields the lines of a text that have content. */
function* linesOf(text: string): Generator<string> {
  let from = text.startsWith('\ufeff') ? 1 : 0;
  for (let count = 0; count < LINES && from < text.length; count++) {
    const newline = text.indexOf('\n', from);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(from, Math.min(end, from + LENGTH)).replace(/\r$/, '');
    from = end + 1;
    if (line.trim() !== '' && !TRAILER.test(line)) yield line;
  }
}

/** Detects the options of lines of flows. An option that only some lines show (labels) counts as on. */
function detectLines(lines: readonly string[]): DetectedFormat<'proc' | 'ip_conntrack' | 'conntrack'> | undefined {
  const seen = {
    timestamp: false,
    events: false,
    extended: false,
    id: false,
    compact: false,
    kernel: false,
    file: false,
  };
  let any = false;
  for (const whole of lines) {
    const { length, event, time } = readPrefix(whole);
    const line = whole.slice(length);
    const columns = COLUMNS.exec(line);
    if (columns === null) continue;
    any = true;
    seen.timestamp ||= time !== undefined;
    seen.events ||= event !== undefined;
    seen.extended ||= columns[1] !== undefined;
    seen.compact ||= columns[2]!.length < 8 && columns[3] === ' ';
    seen.id ||= ID.test(line);
    seen.kernel ||= KERNEL.test(line);
    // Reading the file holds a reference to the entry; a dump does not.
    seen.file ||= / use=(?!1\b)\d+$/.test(line);
  }
  if (!any) return undefined;
  const { events, extended, id, timestamp, compact } = seen;
  if (!events && !id && (seen.kernel || (seen.file && extended)))
    return { format: extended ? 'proc' : 'ip_conntrack', events, compact };
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
