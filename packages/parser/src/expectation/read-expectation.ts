import {
  type Expectation,
  type ExpectFlag,
  type ExtraToken,
  type Family,
  formatAddress,
  parseAddress,
  protocolOf,
  type Tuple,
} from '@conntrack/flow';
import { EXPECT_FLAGS } from '@conntrack/flow/codec';
import { fail } from '../core/error.js';
import { readPrefix, TAG } from '../core/event-prefix.js';
import { readKey } from '../core/gre-key.js';
import { type LineOptions, MAX_PAIRS } from '../core/options.js';
import { type ReadString, readNumber } from '../core/string-reader.js';
import { UNKNOWN } from '../core/unknown-token.js';
import { takeUserspace } from '../core/userspace.js';
import { wordTable } from '../core/word-table.js';

// Expectations of `conntrack -L expect`, `-E expect` and /proc/net/nf_conntrack_expect.

type TupleName = 'tuple' | 'mask' | 'master';

/** The tuple that a key belongs to. Ports belong to the tuple whose address was read last. */
const ENDS = wordTable<readonly [TupleName, 'src' | 'dst']>({
  src: ['tuple', 'src'],
  dst: ['tuple', 'dst'],
  'mask-src': ['mask', 'src'],
  'mask-dst': ['mask', 'dst'],
  'master-src': ['master', 'src'],
  'master-dst': ['master', 'dst'],
});
const NUMBERS = wordTable<number>({ sport: 0xffff, dport: 0xffff, type: 0xff, code: 0xff, id: 0xffff });
const KEYS: ReadonlySet<string> = new Set(['srckey', 'dstkey']);
const OWN = wordTable<number>({ zone: 0xffff, class: 0xffffffff });

type NumberName = 'sport' | 'dport' | 'type' | 'code' | 'id' | 'srckey' | 'dstkey';

const readFlags = (text: string): ExpectFlag[] | undefined => {
  const names = text.split(',');
  return names.every(name => (EXPECT_FLAGS as readonly string[]).includes(name)) ? (names as ExpectFlag[]) : undefined;
};

/** The expectation that is being read. */
class Draft {
  readonly tuples: Record<TupleName, Partial<Tuple>> = { tuple: {}, mask: {}, master: {} };
  readonly own: Pick<Expectation, 'zone' | 'flags' | 'class' | 'helper'> = {};
  readonly extra: ExtraToken[] = [];
  #current: TupleName = 'tuple';
  #anchor = 'protonum';

  constructor(
    public family: Family | undefined,
    readonly proc: boolean,
  ) {}

  /** Takes the token at index `at`. */
  take(word: string, at: number): void {
    const equals = word.indexOf('=');
    const key = word.slice(0, Math.max(0, equals));
    const value = word.slice(equals + 1);
    const valueAt = at + equals + 1;
    const end = ENDS[key];
    if (end !== undefined && this.tuples[end[0]][end[1]] === undefined) {
      const address = parseAddress(value);
      this.family ??= address?.family;
      if (address === undefined || address.family !== this.family || value.startsWith('['))
        fail('ADDRESS_EXPECTED', valueAt, 'an address of one family');
      this.#current = end[0];
      this.tuples[end[0]][end[1]] = formatAddress(address);
      this.#anchor = `${end[0]}.${end[1]}`;
      return;
    }
    const tuple = this.tuples[this.#current];
    const max = NUMBERS[key];
    if ((max !== undefined || KEYS.has(key)) && tuple[key as NumberName] === undefined) {
      const number = max !== undefined ? readNumber(value, max) : readKey(value);
      if (number < 0)
        fail('NUMBER_EXPECTED', valueAt, max !== undefined ? `a number, 0 to ${max}` : 'a key, 0x0 to 0xffff');
      tuple[key as NumberName] = number;
      this.#anchor = `${this.#current}.${key}`;
      return;
    }
    const ownMax = OWN[key];
    if (ownMax !== undefined && this.own[key as 'zone' | 'class'] === undefined) {
      const number = readNumber(value, ownMax);
      if (number < 0) fail('NUMBER_EXPECTED', valueAt, `a number, 0 to ${ownMax}`);
      this.own[key as 'zone' | 'class'] = number;
      this.#anchor = key;
      return;
    }
    const flags = this.own.flags === undefined && equals < 0 ? readFlags(word) : undefined;
    if (key === 'helper' && this.own.helper === undefined) {
      this.own.helper = value;
      this.#anchor = key;
    } else if (flags !== undefined) {
      this.own.flags = flags;
      this.#anchor = 'flags';
    } else if (this.proc && /^[A-Za-z][\w./-]*$/.test(word) && this.own.helper === undefined) {
      // The kernel prints the helper without a key: `ftp`, or `sip/signalling` with its policy.
      this.own.helper = word;
      this.#anchor = 'helper';
    } else if (end ?? max ?? ownMax) fail('PAIR_EXPECTED', at, `${key}= once`);
    else if (KEYS.has(key) || key === 'helper' || !UNKNOWN.test(word))
      fail('PAIR_EXPECTED', at, 'each key=value once, or flags');
    else this.extra.push({ text: word, after: this.#anchor });
  }

  has(name: TupleName): boolean {
    return this.tuples[name].src !== undefined && this.tuples[name].dst !== undefined;
  }
}

/** Linux 2.4 lists its expectations among the flows, with `EXPECTING:` in front. */
const head = /^(?:EXPECTING: )?(\d{1,16}|-) +(?:l3proto = (\d+) )?(use=\d+ )?proto=(\d{1,3})(?: |$)/;

/** Reads a line after its prefix of `at` characters. */
export function readExpectationLine(line: string, at: number, options: LineOptions): Expectation {
  const { rest, ...userspace } = takeUserspace(line);
  const columns = head.exec(rest);
  const protonum = readNumber(columns?.[4], 255);
  if (columns === null || protonum < 0) fail('PROTOCOL_EXPECTED', at, 'seconds (or -) and proto=');
  const old = line.startsWith('EXPECTING');
  const proc = columns[2] !== undefined || old;
  const family = columns[2] === '2' ? 'ipv4' : columns[2] === '10' ? 'ipv6' : undefined;
  if (proc && !old && family === undefined) fail('PROTOCOL_EXPECTED', at, 'l3proto = 2 or 10');
  const words = rest.slice(columns[0].length).split(' ');
  const limit = options.maxPairs ?? MAX_PAIRS;
  if (words.length > limit) fail('TOO_MANY_PAIRS', at, `at most ${limit} tokens`);
  const draft = new Draft(family, proc);
  if (columns[3] !== undefined) draft.extra.push({ text: columns[3].trim(), after: 'timeout' });
  let position = at + columns[0].length;
  for (const word of words) {
    draft.take(word, position);
    position += word.length + 1;
  }
  const missing = (['tuple', 'mask', 'master'] as const).find(name => !(draft.has(name) || (proc && name !== 'tuple')));
  if (missing !== undefined || draft.family === undefined)
    fail('TUPLE_EXPECTED', at + rest.length, `src and dst of the ${missing ?? 'tuple'}`);
  const { tuples } = draft;
  return {
    family: draft.family,
    protocol: protocolOf(protonum).name,
    protonum,
    tuple: tuples.tuple as Tuple,
    ...(draft.has('mask') && { mask: tuples.mask as Tuple }),
    ...(draft.has('master') && { master: tuples.master as Tuple }),
    ...(columns[1] !== '-' && { timeout: Number(columns[1]) }),
    ...draft.own,
    ...userspace,
    ...(draft.extra.length > 0 && { extra: draft.extra }),
  };
}

/** Makes a reader of expectation lines, with or without event tags and times. */
export const readExpectation =
  (options: LineOptions): ReadString<Expectation> =>
  line => {
    const { length, event, time, wrong } = readPrefix(line);
    if (wrong) fail('TAG_EXPECTED', length, TAG);
    const record = readExpectationLine(line.slice(length), length, options);
    if (event === undefined && time !== undefined) record.time = time;
    return { record, event, time };
  };
