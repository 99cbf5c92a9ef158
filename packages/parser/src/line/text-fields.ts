import { decode, EQUALS, OPEN_BRACKET, SPACE, tokenEnd } from '../core/bytes.js';
import { parseCtime, rfc3339, type TimeZone } from '../core/local-time.js';
import type { LineOptions } from '../core/options.js';
import type { ValueReader } from './value-reader.js';

/** The fields of a flow that are text. Few lines have one. */
export interface Texts {
  secctx?: string;
  helper?: string;
  labels?: (number | string)[];
  progname?: string;
  start?: string;
  stop?: string;
}

/** Reads `[start=…]` or `[stop=…]`. Returns the index of its end; −1 if it is neither, or a time that the zone does not have. */
export function readTime(texts: Texts, bytes: Uint8Array, at: number, end: number, zone: TimeZone = 'local'): number {
  const match = /^\[(start|stop)=(.{24})\](?![^ ])/.exec(decode(bytes, at, Math.min(at + 33, end)));
  const field = match?.[1] as 'start' | 'stop';
  const time = match && texts[field] === undefined ? parseCtime(match[2]!, zone) : Number.NaN;
  if (Number.isNaN(time)) return -1;
  texts[field] = rfc3339(time);
  return at + match![0].length;
}

/** Whether a token is neither a pair nor a flag. */
function isWord(bytes: Uint8Array, at: number, end: number): boolean {
  let i = at;
  while (i < end && bytes[i] !== SPACE && bytes[i] !== EQUALS) i++;
  return i > at && bytes[i] !== EQUALS && bytes[at] !== OPEN_BRACKET;
}

/** Reads one field; `name` is a key of the table. Returns the index of its end; −1 if the flow has the field already or the value is not valid. */
export function readTexts(
  texts: Texts,
  name: string,
  bytes: Uint8Array,
  at: number,
  end: number,
  values: ValueReader,
  options: LineOptions,
): number {
  const field = name as 'secctx' | 'helper' | 'labels' | 'progname';
  if (texts[field] !== undefined) return -1;
  // A program's name is the last token and may contain spaces. A security context may contain them too: `docker-default (enforce)`.
  let stop = field === 'progname' ? end : tokenEnd(bytes, at, end);
  if (field === 'secctx') while (stop < end && isWord(bytes, stop + 1, end)) stop = tokenEnd(bytes, stop + 1, end);
  if (field !== 'labels') texts[field] = values.words.word(bytes, at, stop);
  else if (stop > at)
    texts.labels = decode(bytes, at, stop)
      .split(',')
      .map(name => options.labelMap?.bit(name) ?? name);
  else return -1;
  return stop;
}
