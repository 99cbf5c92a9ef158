import {
  type ExtraToken,
  type Family,
  type Flow,
  keyOf,
  protocolOf,
  STATUS,
  type StatusName,
  statusNames,
} from '@conntrack/flow';
import { makeFlow, makeTuple } from './build.js';
import { decode, EQUALS, encode, OPEN_BRACKET, SPACE, standsAt, tokenEnd, ZERO } from './bytes.js';
import type { Fault, ParseErrorCode } from './error.js';
import {
  anchorOf,
  CODE,
  DSTKEY,
  ICMP_ID,
  ICMP_ID_KEY,
  ID,
  isKey,
  KEYS,
  type Key,
  keyAt,
  SRCKEY,
  TIMEOUT,
  TYPE,
} from './keys.js';
import { type LineOptions, readTexts, type Texts } from './texts.js';
import { ValueReader } from './values.js';

/** The names that are printed, by protocol number. */
export const PRINTED_NAMES: readonly string[] = Array.from({ length: 256 }, (_, number) => {
  const { printed, name } = protocolOf(number);
  return printed ? name : 'unknown';
});

/** The flags in brackets, with the status bit that each says is set. */
const FLAGS = (
  [
    ['[UNREPLIED]', 0],
    ['[ASSURED]', STATUS.ASSURED],
    ['[OFFLOAD]', STATUS.OFFLOAD],
    ['[HW_OFFLOAD]', STATUS.HW_OFFLOAD],
    ['[USERSPACE]', 0],
  ] as const
).map(([text, bit]) => ({ text, bit, bytes: encode(text) }));
const UNREPLIED = 0;
const FLAG_PLACES = KEYS.length * 2 + 1;

const HEXADECIMAL = (1 << SRCKEY) | (1 << DSTKEY);
const ICMP_KEYS = (1 << TYPE) | (1 << CODE);
const U53 = Number.MAX_SAFE_INTEGER;

/** Tokens that a line may have unless told otherwise: a line of conntrack(8) has about 30 at most. */
const MAX_PAIRS = 128;

/** Reads lines of /proc and conntrack(8): the one loop that every byte passes. To be kept and used again; it holds caches of constant size. */
export class FlowLineReader {
  /** What was wrong with the line for which `read` answered `undefined`. The object is used again. */
  readonly fault: Fault = { code: 'PROTOCOL_EXPECTED', at: 0, expected: '' };
  readonly #options: LineOptions;
  readonly #maxPairs: number;
  readonly #values = new ValueReader();
  #status = 0;
  #statusNames: readonly StatusName[] = statusNames(0);
  readonly #original = new Float64Array(16);
  readonly #reply = new Float64Array(16);
  readonly #numbers = new Float64Array(16);

  /** By the token before (a key's index twice and one, or two in the reply direction, flags behind them): the key that came next last time. */
  readonly #next: (Key | undefined)[] = new Array<Key | undefined>(FLAG_PLACES + FLAGS.length).fill(undefined);

  constructor(options: LineOptions = {}) {
    this.#options = options;
    this.#maxPairs = options.maxPairs ?? MAX_PAIRS;
  }

  /** The flow of the line `bytes[start..end)`, which has no newline; `undefined`, and a `fault`, when it is none. */
  read(bytes: Uint8Array, start: number, end: number): Flow | undefined {
    const values = this.#values;
    let i = start;
    let family: Family | undefined;

    // The layer 3 column, `ipv4     2 `, where there is one.
    if (standsAt(bytes, i, end, 'ipv') && bytes[i + 4] === SPACE) {
      const v4 = bytes[i + 3] === 52;
      i = skipSpaces(bytes, i + 4, end);
      const number = values.number(bytes, i, end, 255);
      if (number !== (v4 ? 2 : 10) || (!v4 && bytes[start + 3] !== 54))
        return this.#fail('PROTOCOL_EXPECTED', start, "'ipv4' and 2, or 'ipv6' and 10");
      i = skipSpaces(bytes, values.at, end);
      family = v4 ? 'ipv4' : 'ipv6';
    }

    // The layer 4 column, `tcp      6 `.
    const name = i;
    while (i < end && bytes[i]! > SPACE && bytes[i] !== EQUALS && bytes[i] !== OPEN_BRACKET) i++;
    const nameEnd = i;
    if (nameEnd === name || bytes[i] !== SPACE) return this.#fail('PROTOCOL_EXPECTED', i, 'a protocol name');
    i = skipSpaces(bytes, i, end);
    const protonum = values.number(bytes, i, end, 255);
    if (protonum < 0) return this.#fail('PROTOCOL_EXPECTED', i, 'a protocol number, 0 to 255');
    i = values.at + 1;
    const printed = PRINTED_NAMES[protonum]!;
    let extra: ExtraToken[] | undefined;
    if (nameEnd - name !== printed.length || !standsAt(bytes, name, end, printed))
      extra = [{ text: decode(bytes, name, nameEnd), after: 'protocol' }];

    // Timeout and state, each there or not.
    const numbers = this.#numbers;
    let have = 0;
    let state: string | undefined;
    let anchor = 'protonum';
    if (i < end && bytes[i]! >= ZERO && bytes[i]! <= 57) {
      const timeout = values.number(bytes, i, end, U53);
      if (timeout < 0) return this.#fail('NUMBER_EXPECTED', i, 'a timeout in seconds');
      numbers[TIMEOUT] = timeout;
      have = 1 << TIMEOUT;
      anchor = 'timeout';
      i = values.at + 1;
    }
    if (i < end && bytes[i]! >= 65 && bytes[i]! <= 90) {
      const stateEnd = tokenEnd(bytes, i, end);
      state = values.words.word(bytes, i, stateEnd);
      anchor = 'state';
      i = stateEnd + 1;
    }

    // Tokens with one space between two. Numbers go to their tuple or the flow; what no one knows is kept as it stands.
    const icmp = protonum === 1 || protonum === 58;
    const original = this.#original;
    const reply = this.#reply;
    const next = this.#next;
    let haveOriginal = 0;
    let haveReply = 0;
    let src: string | undefined;
    let dst: string | undefined;
    let replySrc: string | undefined;
    let replyDst: string | undefined;
    let status = STATUS.SEEN_REPLY;
    let texts: Texts | undefined;
    let last: Key | undefined;
    let lastInReply = false;
    let pairs = 0;
    let place = 0;
    // An empty token at the very end is a trailing space, which Linux 2.4 prints: hence <=.
    for (; i <= end; i = values.at + 1) {
      if (++pairs > this.#maxPairs) return this.#fail('TOO_MANY_PAIRS', i, `at most ${this.#maxPairs} tokens`);
      // Lines of a text have the same keys in the same order: first the one that followed this key before is tried.
      let key: Key | undefined = next[place];
      if (key === undefined || !isKey(key, bytes, i, end)) {
        key = keyAt(bytes, i, end);
        if (key !== undefined) next[place] = key;
      }
      if (key !== undefined) {
        const at = i + key.bytes.length;
        const kind = key.kind;
        if (kind === 'number') {
          const inReply: boolean = replySrc !== undefined && key.name !== 'zone-orig';
          if (icmp && key.name === 'id') {
            // ICMP's identifier has the name of the flow's: it is the tuple's behind type and code.
            const known = inReply ? haveReply : haveOriginal;
            if ((known & ICMP_KEYS) !== 0 && (known & (1 << ICMP_ID)) === 0) key = ICMP_ID_KEY;
          }
          const { field, max, inTuple } = key;
          const bit = 1 << field;
          if (
            ((inTuple ? (inReply ? haveReply : haveOriginal) : have) & bit) === 0 &&
            (!inTuple || src !== undefined)
          ) {
            const number =
              inTuple && (bit & HEXADECIMAL) !== 0
                ? values.hexadecimal(bytes, at, end)
                : values.number(bytes, at, end, max);
            if (number >= 0) {
              if (!inTuple) {
                numbers[field] = number;
                have |= bit;
              } else if (inReply) {
                reply[field] = number;
                haveReply |= bit;
              } else {
                original[field] = number;
                haveOriginal |= bit;
              }
              last = key;
              lastInReply = inReply;
              place = key.index * 2 + (inReply ? 2 : 1);
              continue;
            }
            // A counter beyond 2^53 − 1 would not be exact as a number: it stays text.
            if (max !== U53 || !isLongNumber(bytes, at, end))
              return this.#fail(
                'NUMBER_EXPECTED',
                at,
                (bit & HEXADECIMAL) !== 0 && inTuple ? 'a key, 0x0 to 0xffff' : `a number, 0 to ${max}`,
              );
          }
        } else if (kind === 'text') {
          texts ??= {};
          const after = readTexts(texts, key.name, bytes, at, end, values, this.#options);
          if (after >= 0) {
            values.at = after;
            last = key;
            place = key.index * 2 + 1;
            continue;
          }
        } else {
          const source = kind === 'src';
          if ((source ? replySrc : replyDst) === undefined) {
            const text = values.address(bytes, at, end);
            family ??= text === undefined ? undefined : values.family;
            if (text === undefined || family !== values.family)
              return this.#fail(
                'ADDRESS_EXPECTED',
                at,
                family === undefined ? 'an address' : `an ${family === 'ipv4' ? 'IPv4' : 'IPv6'} address`,
              );
            last = key;
            lastInReply = true;
            if (source) {
              if (src !== undefined) replySrc = text;
              else {
                src = text;
                lastInReply = false;
              }
            } else if (dst !== undefined) replyDst = text;
            else {
              dst = text;
              lastInReply = false;
            }
            place = key.index * 2 + (lastInReply ? 2 : 1);
            continue;
          }
        }
      } else if (bytes[i] === OPEN_BRACKET) {
        const flag = flagAt(bytes, i, end);
        if (flag >= 0) {
          const { text, bit, bytes: token } = FLAGS[flag]!;
          if (flag === UNREPLIED) status &= ~STATUS.SEEN_REPLY;
          else status |= bit;
          values.at = i + token.length;
          last = undefined;
          anchor = text;
          place = FLAG_PLACES + flag;
          continue;
        }
        texts ??= {};
        const after = readTexts(texts, '[', bytes, i, end, values, this.#options);
        if (after >= 0) {
          values.at = after;
          last = undefined;
          anchor = bytes[i + 3] === 97 ? '[start]' : '[stop]';
          continue;
        }
      } else if (
        standsAt(bytes, i, end, 'labels') &&
        tokenEnd(bytes, i, end) === i + 6 &&
        texts?.labels === undefined
      ) {
        // What conntrack(8) prints when no label that is set has a name.
        texts ??= {};
        texts.labels = [];
        values.at = i + 6;
        last = undefined;
        anchor = 'labels';
        continue;
      }
      values.at = tokenEnd(bytes, i, end);
      if (last !== undefined) anchor = anchorOf(last, lastInReply);
      extra ??= [];
      extra.push({ text: decode(bytes, i, values.at), after: anchor });
    }

    if (src === undefined || dst === undefined)
      return this.#fail('TUPLE_EXPECTED', end, `${src === undefined ? 'src=' : 'dst='} of the original direction`);
    if (replySrc === undefined || replyDst === undefined)
      return this.#fail('TUPLE_EXPECTED', end, `${replySrc === undefined ? 'src=' : 'dst='} of the reply direction`);
    const flow = makeFlow(
      family!,
      protonum,
      makeTuple(src, dst, haveOriginal, original),
      makeTuple(replySrc, replyDst, haveReply, reply),
      state,
      this.#namesOf(status),
      have,
      numbers,
    );
    if (texts !== undefined) Object.assign(flow, texts);
    if (extra !== undefined) flow.extra = extra;
    if ((have & (1 << ID)) !== 0) flow.key = keyOf(flow)!;
    return flow;
  }

  /** The status names; of lines that follow each other they are mostly the same. */
  #namesOf(status: number): readonly StatusName[] {
    if (status !== this.#status) {
      this.#status = status;
      this.#statusNames = statusNames(status);
    }
    return this.#statusNames;
  }

  #fail(code: ParseErrorCode, at: number, expected: string): undefined {
    this.fault.code = code;
    this.fault.at = at;
    this.fault.expected = expected;
    return undefined;
  }
}

function skipSpaces(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && bytes[i] === SPACE) i++;
  return i;
}

const atTokenEnd = (bytes: Uint8Array, at: number, end: number): boolean => at === end || bytes[at] === SPACE;

/** Which flag stands here; −1 for none. */
function flagAt(bytes: Uint8Array, at: number, end: number): number {
  for (let flag = 0; flag < FLAGS.length; flag++) {
    const expected = FLAGS[flag]!.bytes;
    let i = 1;
    while (i < expected.length && bytes[at + i] === expected[i]) i++;
    if (i === expected.length && at + i <= end && atTokenEnd(bytes, at + i, end)) return flag;
  }
  return -1;
}

/** Whether a decimal number, without a leading zero, stands here that is too long to be exact. */
function isLongNumber(bytes: Uint8Array, start: number, end: number): boolean {
  let i = start;
  while (i < end && bytes[i]! >= ZERO && bytes[i]! <= 57) i++;
  return i - start >= 16 && i - start <= 20 && bytes[start] !== ZERO && atTokenEnd(bytes, i, end);
}
