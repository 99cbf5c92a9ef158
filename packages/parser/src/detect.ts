import type { DetectedFormat, TextFormat } from './formats.js';

/** Lines that are looked at; a text's options (`id`, `extended`) are the same on all of its lines. */
const LINES = 32;

const TAG = /^\[\d+\.\d+ *\]\t|^ *\[(?:NEW|UPDATE|DESTROY)\] /;
const LAYER3 = /^ipv[46] +(?:2|10) +\S+ +\d+ /;
const LAYER4 = /^[a-z][\w.-]* +\d{1,3} (?:\d+ )?(?:[A-Z]\S* )?(?:\S+ )*?src=/;
const PADDED = /^(?:ipv4 {5}2 |ipv6 {5}10 )?(?:\S{8,}|(?=.{8} )\S+ +) \d+ /;

/** What each format's first telling line looks like, in the order in which they are tried. */
const SHAPES: readonly (readonly [TextFormat, RegExp])[] = [
  ['xml', /^<\?xml|^<conntrack>|^<flow|^<expect/],
  ['ndjson', /^\{/],
  ['proc_expectations', /^(?:\d+|-) l3proto = \d+ proto=\d+ /],
  ['expectations', /^\d+ proto=\d+ src=/],
  ['save', /^-[AUD] .*-s \S+ -d /],
  ['stats', /^cpu=\d+ *\t/],
  ['proc_stats', /^entries {2}\w+/],
  ['count', /^\d+$/],
];

/** What conntrack(8) prints to stderr, which is often caught with the rest. */
export const TRAILER = /^conntrack v\S+ \(conntrack-tools\): /;

/** Text, or the beginning of one, to its format; `undefined` when its first lines are of none. */
export function detectFormat(text: string): DetectedFormat | undefined {
  const found: {
    format?: TextFormat;
    events: boolean;
    id: boolean;
    timestamp: boolean;
    proc: boolean;
    file: boolean;
    extended: boolean;
    compact: boolean;
  } = {
    events: false,
    id: false,
    timestamp: false,
    proc: false,
    file: false,
    extended: false,
    compact: false,
  };
  let from = 0;
  for (let count = 0; count < LINES && from < text.length; count++) {
    const newline = text.indexOf('\n', from);
    let line = text.slice(from, newline < 0 ? Math.min(text.length, from + 4096) : Math.min(newline, from + 4096));
    from = newline < 0 ? text.length : newline + 1;
    if (line.endsWith('\r')) line = line.slice(0, -1);
    if (line.trim() === '' || TRAILER.test(line)) continue;
    while (TAG.test(line)) {
      if (line.startsWith('[') && /^\[\d/.test(line)) found.timestamp = true;
      else found.events = true;
      line = line.replace(TAG, '');
    }
    const format = found.format ?? SHAPES.find(([, shape]) => shape.test(line))?.[0];
    if (format === undefined || format === 'conntrack') {
      const layer3 = LAYER3.test(line);
      if (!LAYER4.test(layer3 ? line.replace(/^\S+ +\d+ +/, '') : line)) {
        if (found.format === undefined) return undefined;
        continue;
      }
      found.format = 'conntrack';
      found.extended ||= layer3;
      found.compact ||= !PADDED.test(line);
      found.id ||= / (?:use|mark)=\d+.* id=\d/.test(line) || /\] id=\d/.test(line);
      // Only the kernel's own files have these.
      found.proc ||= / zone=0 |=(?:[\da-f]{4}:){7}[\da-f]{4} | timeout=\d+, | l7proto=| $/.test(line);
      found.file ||= / use=(?!1\b)/.test(line);
      continue;
    }
    found.format = format;
    if (format === 'xml') {
      found.events ||= /<flow type=|<expect type=/.test(line);
      found.timestamp ||= line.includes('<when>');
      if (/<expect/.test(line)) found.format = 'xml';
    } else if (format === 'ndjson') found.events ||= /"type":"(?:new|update|destroy)"/.test(line);
    else if (format === 'save') found.events ||= !line.startsWith('-A ');
    if (format !== 'xml') break;
  }
  if (found.format === undefined) return undefined;
  const text_ = found.format === 'conntrack';
  if (!text_)
    return {
      format: found.format,
      events: found.events,
      timestamp: found.timestamp,
      ...(found.format === 'xml' && { ktimestamp: true, labels: true }),
    };
  if (found.proc || (found.file && found.extended && !found.id && !found.events))
    return { format: found.extended ? 'proc' : 'ip_conntrack', events: false, compact: found.compact };
  return {
    format: 'conntrack',
    events: found.events,
    extended: found.extended,
    id: found.id,
    timestamp: found.timestamp,
    ktimestamp: true,
    labels: true,
    compact: found.compact,
  };
}
