import type { LabelMap } from '@conntrack/flow';
import { CLOSE_BRACKET, decode, standsAt, tokenEnd } from './bytes.js';
import { parseCtime, rfc3339, type TimeZone } from './local-time.js';
import type { ValueReader } from './values.js';

/** What decides how a line is read. */
export interface LineOptions {
  /** Most tokens that a line may have (default 128); in XML most elements of a flow, those included that hold others (default 256). */
  maxPairs?: number | undefined;
  /** With it, labels become bit numbers where the map knows the name. */
  labelMap?: LabelMap | undefined;
  /** Whose local time `[start=…]` is (default: this machine's). */
  timeZone?: TimeZone | undefined;
}

/** The fields of a flow that are text. Few lines have one. */
export interface Texts {
  secctx?: string;
  helper?: string;
  labels?: (number | string)[];
  progname?: string;
  start?: string;
  stop?: string;
}

/** `one,two` to names, or to numbers where the map has them. */
const readLabels = (text: string, map: LabelMap | undefined): (number | string)[] =>
  text.split(',').map(name => map?.bit(name) ?? name);

/** `[start=…]` and `[stop=…]`: where it ends; −1 when it is none, or no time of the zone. */
function readTime(texts: Texts, bytes: Uint8Array, at: number, end: number, zone: TimeZone): number {
  const field = standsAt(bytes, at, end, '[start=') ? 'start' : standsAt(bytes, at, end, '[stop=') ? 'stop' : undefined;
  if (field === undefined || texts[field] !== undefined) return -1;
  const from = at + field.length + 2;
  const close = from + 24;
  if (bytes[close] !== CLOSE_BRACKET || tokenEnd(bytes, close, end) !== close + 1) return -1;
  const time = parseCtime(decode(bytes, from, close), zone);
  if (Number.isNaN(time)) return -1;
  texts[field] = rfc3339(time);
  return close + 1;
}

/** Takes one field; `name` is a key of the table, or `[`. Answers where it ends; −1 when the flow has the field already or it is none. */
export function readTexts(
  texts: Texts,
  name: string,
  bytes: Uint8Array,
  at: number,
  end: number,
  values: ValueReader,
  options: LineOptions,
): number {
  if (name === '[') return readTime(texts, bytes, at, end, options.timeZone ?? 'local');
  const field = name as 'secctx' | 'helper' | 'labels' | 'progname';
  if (texts[field] !== undefined) return -1;
  // A program's name is last, and may have spaces in it.
  const stop = field === 'progname' ? end : tokenEnd(bytes, at, end);
  if (field !== 'labels') texts[field] = values.words.word(bytes, at, stop);
  else if (stop > at) texts.labels = readLabels(decode(bytes, at, stop), options.labelMap);
  else return -1;
  return stop;
}
