import { readPrefix, withoutPrefix } from '../core/event-prefix.js';
import type { DetectedFormat, TextFormat } from '../core/formats.js';
import { TRAILER } from '../core/trailer.js';
import { EXPECTATION_SHAPES } from './expectation-shapes.js';
import { COLUMNS, FLOW_SHAPES, type Shapes, shapeOf } from './flow-shapes.js';

/** Lines that are looked at, and characters of each. */
const LINES = 32;
const LENGTH = 4096;

/** What only the kernel's files have: zone 0, IPv6 in full, GRE's timeouts, old kernels' l7proto and space at the end. */
const KERNEL = / zone=0 |=(?:[\da-f]{4}:){7}[\da-f]{4} | timeout=\d+, | l7proto=| $/;

/** `-o id`, which is not ICMP's identifier. */
const ID = /(?<! code=\d{1,3}) id=\d+(?: labels\S*)?(?: \[USERSPACE\] .*)?$/;

/** Every format's first telling line. */
const SHAPES: Shapes<TextFormat> = [
  ...FLOW_SHAPES,
  ...EXPECTATION_SHAPES,
  ['stats', /^cpu=\d+ *\t/],
  ['proc_stats', /^entries {2}\w+/],
  ['count', /^\d+$/],
];

/** Lines of a text that say something. */
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

/** What lines of flows show of their options. An option that only some lines show (labels) is taken to be on: what a flow has was shown. */
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
    // A reader of the file holds a reference to the entry, a dump does not.
    seen.file ||= / use=(?!1\b)\d+$/.test(line);
  }
  if (!any) return undefined;
  const { events, extended, id, timestamp, compact } = seen;
  if (!events && !id && (seen.kernel || (seen.file && extended)))
    return { format: extended ? 'proc' : 'ip_conntrack', events, compact };
  return { format: 'conntrack', events, extended, id, timestamp, ktimestamp: true, labels: true, compact };
}

/**
 * The format of a text, told from its first lines; its beginning is enough. What comes back can be given to the writers as it is, and then
 * they write the same bytes. `undefined` when no line is of a known format.
 *
 * Where two formats are the same, byte for byte, the likelier is said: lines without layer 3 columns are `conntrack -L`'s unless
 * something in them is only found in the kernel's file.
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
