import {
  type ExtraToken,
  type Family,
  type Flow,
  type FlowEventType,
  findProtocol,
  keyOf,
  STATUS,
  statusNames,
} from '@conntrack/flow';
import { decode, EQUALS, OPEN_BRACKET, SPACE, standsAt, tokenEnd, ZERO } from '../core/bytes.js';
import { Fault, fail } from '../core/error.js';
import { PREFIX_LENGTH, readPrefix, TAG } from '../core/event-prefix.js';
import { type LineOptions, MAX_PAIRS } from '../core/options.js';
import { printedName } from '../core/printed-name.js';
import type { RecordReader } from '../core/record-reader.js';
import { UNKNOWN } from '../core/unknown-token.js';
import {
  anchorOf,
  CODE,
  DIRECTION_ZONE,
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
  U53,
} from './keys.js';
import { makeFlow, makeTuple } from './make-flow.js';
import { isState } from './state-word.js';
import { readTexts, readTime, type Texts } from './text-fields.js';
import { ValueReader } from './value-reader.js';

/** The flags in brackets, with the status bit that each says is set. */
const FLAGS = ['[UNREPLIED]', '[ASSURED]', '[OFFLOAD]', '[HW_OFFLOAD]', '[USERSPACE]'];
const FLAG_BITS = [0, STATUS.ASSURED, STATUS.OFFLOAD, STATUS.HW_OFFLOAD, 0];
const UNREPLIED = 0;
const LABELS = 'labels';
const FLAG_PLACES = KEYS.length * 2 + 1;

const HEXADECIMAL = (1 << SRCKEY) | (1 << DSTKEY);
const ICMP_KEYS = (1 << TYPE) | (1 << CODE);

// Whose a number is, and an address: first the flow's own, then each direction's.
const OWN = 0;
const ORIGINAL = 1;
const REPLY = 2;

/**
 * Reads lines of /proc and conntrack(8), with or without event tags: the one loop that every byte passes. To be kept and used again; it holds caches of
 * constant size.
 */
export class FlowLineReader implements RecordReader<Flow> {
  event: FlowEventType | undefined;
  time: string | undefined;
  readonly #options: LineOptions;
  readonly #values = new ValueReader();
  readonly #numbers = [new Float64Array(16), new Float64Array(16), new Float64Array(16)] as const;

  /** By the token before (a key's index twice and one, or two in the reply direction, flags behind them): the key that came next last time. */
  readonly #next: (Key | undefined)[] = new Array<Key | undefined>(FLAG_PLACES + FLAGS.length).fill(undefined);

  constructor(options: LineOptions = {}) {
    this.#options = options;
  }

  /** The flow of the line `bytes[start..end)`, which has no newline. Throws a `Fault` when it is none. */
  read(bytes: Uint8Array, start: number, end: number): Flow {
    try {
      return this.#read(bytes, start, end);
    } catch (fault) {
      // Where its byte is becomes where its character is.
      if (fault instanceof Fault) fault.at = decode(bytes, start, Math.min(fault.at, end)).length;
      throw fault;
    }
  }

  #read(bytes: Uint8Array, start: number, end: number): Flow {
    const values = this.#values;
    const { maxPairs = MAX_PAIRS } = this.#options;
    let i = start;
    let family: Family | undefined;

    // What an event's line begins with.
    this.event = undefined;
    this.time = undefined;
    if (bytes[i] === SPACE || bytes[i] === OPEN_BRACKET) {
      const prefix = readPrefix(decode(bytes, i, Math.min(i + PREFIX_LENGTH, end)));
      this.event = prefix.event;
      this.time = prefix.time;
      i += prefix.length;
      if (prefix.wrong) fail('TAG_EXPECTED', i, TAG);
    }

    // The layer 3 column, `ipv4     2 `, where there is one.
    if (standsAt(bytes, i, end, 'ipv') && bytes[i + 4] === SPACE) {
      const version = bytes[i + 3]! - ZERO;
      const number = values.number(bytes, skipSpaces(bytes, i + 4, end), end, 255);
      if (number !== (version === 4 ? 2 : version === 6 ? 10 : Number.NaN))
        fail('PROTOCOL_EXPECTED', i, "'ipv4' and 2, or 'ipv6' and 10");
      i = skipSpaces(bytes, values.at, end);
      family = version === 4 ? 'ipv4' : 'ipv6';
    }

    // The layer 4 column, `tcp      6 `.
    const name = i;
    while (i < end && bytes[i]! > SPACE && bytes[i] !== EQUALS && bytes[i] !== OPEN_BRACKET) i++;
    const nameEnd = i;
    if (nameEnd === name || bytes[i] !== SPACE) fail('PROTOCOL_EXPECTED', i, 'a protocol name');
    i = skipSpaces(bytes, i, end);
    const protonum = values.number(bytes, i, end, 255);
    if (protonum < 0) fail('PROTOCOL_EXPECTED', i, 'a protocol number, 0 to 255');
    i = skipSpaces(bytes, values.at, end);
    const printed = printedName(protonum);
    let extra: ExtraToken[] | undefined;
    if (nameEnd - name !== printed.length || !standsAt(bytes, name, end, printed)) {
      const text = decode(bytes, name, nameEnd);
      // A kernel without a protocol's tracker prints `unknown`; other programs know more names than conntrack(8).
      if (text !== 'unknown' && (!/^\D/.test(text) || findProtocol(text)?.number !== protonum))
        fail('PROTOCOL_EXPECTED', name, `${printed} as the name of protocol ${protonum}`);
      extra = [{ text, after: 'protocol' }];
    }

    // Timeout and state, each there or not.
    const numbers = this.#numbers;
    let own = 0;
    let state: string | undefined;
    let anchor = 'protonum';
    if (i < end && bytes[i]! >= ZERO && bytes[i]! <= 57) {
      const timeout = values.number(bytes, i, end, U53);
      if (timeout < 0) fail('NUMBER_EXPECTED', i, 'a timeout in seconds');
      numbers[OWN][TIMEOUT] = timeout;
      own = 1 << TIMEOUT;
      anchor = 'timeout';
      i = skipSpaces(bytes, values.at, end);
    }
    // A state without a name is a number, behind the timeout.
    if (i < end && ((bytes[i]! >= 65 && bytes[i]! <= 90) || (own !== 0 && bytes[i]! >= ZERO && bytes[i]! <= 57))) {
      const stateEnd = tokenEnd(bytes, i, end);
      state = values.words.word(bytes, i, stateEnd);
      if (!isState(protonum, state)) fail('STATE_EXPECTED', i, `a state of ${printed}`);
      anchor = 'state';
      i = skipSpaces(bytes, stateEnd, end);
    }

    // Numbers go to their tuple or the flow; pairs and flags that are not known are kept as they stand.
    const icmp = protonum === 1 || protonum === 58;
    const next = this.#next;
    let original = 0;
    let reply = 0;
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
      if (bytes[i] === SPACE && i < end) {
        values.at = i;
        continue;
      }
      if (++pairs > maxPairs) fail('TOO_MANY_PAIRS', i, `at most ${maxPairs} tokens`);
      // Lines of a text have the same keys in the same order: first the one that followed this key before is tried.
      let key: Key | undefined = next[place];
      if (key === undefined || !isKey(key, bytes, i, end)) {
        key = bytes[i] === OPEN_BRACKET ? undefined : keyAt(bytes, i, end);
        if (key !== undefined) next[place] = key;
      }
      if (key !== undefined) {
        const at = i + key.bytes.length;
        const kind = key.kind;
        if (kind === 'number') {
          const inReply: boolean = replySrc !== undefined;
          const known = inReply ? reply : original;
          // ICMP's identifier has the name of the flow's: it is the tuple's behind type and code.
          if (icmp && key.name === 'id' && (known & ICMP_KEYS) !== 0 && (known & (1 << ICMP_ID)) === 0)
            key = ICMP_ID_KEY;
          const { field, max, inTuple } = key;
          const bit = 1 << field;
          if (
            inTuple
              ? (known & bit) === 0 &&
                src !== undefined &&
                (field !== DIRECTION_ZONE || inReply === (key.name === 'zone-reply'))
              : (own & bit) === 0
          ) {
            const hexadecimal = inTuple && (bit & HEXADECIMAL) !== 0;
            let number = hexadecimal ? values.hexadecimal(bytes, at, end) : values.number(bytes, at, end, max);
            let valid = number >= 0;
            if (!valid && !inTuple) {
              number = values.unusual(bytes, at, end, field);
              valid = !Number.isNaN(number);
            }
            if (valid) {
              if (!inTuple) {
                numbers[OWN][field] = number;
                own |= bit;
              } else if (inReply) {
                numbers[REPLY][field] = number;
                reply |= bit;
              } else {
                numbers[ORIGINAL][field] = number;
                original |= bit;
              }
              last = key;
              lastInReply = inReply;
              place = key.index * 2 + (inReply ? 2 : 1);
              continue;
            }
            // A counter beyond 2^53 − 1 would not be exact as a number: it stays text.
            if (max !== U53 || !isLongNumber(bytes, at, end))
              fail('NUMBER_EXPECTED', at, hexadecimal ? 'a key, 0x0 to 0xffff' : `a number, 0 to ${max}`);
          } else misplaced(i, key.name);
        } else if (kind === 'text') {
          texts ??= {};
          const after = readTexts(texts, key.name, bytes, at, end, values, this.#options);
          if (after >= 0) {
            values.at = after;
            last = key;
            place = key.index * 2 + 1;
            continue;
          }
          misplaced(i, key.name);
        } else {
          const source = kind === 'src';
          lastInReply = dst !== undefined;
          // First the original direction's source and destination, then those of the reply direction.
          const sourceKnown = (lastInReply ? replySrc : src) !== undefined;
          if (source === sourceKnown || replyDst !== undefined) misplaced(i, key.name);
          const text = values.address(bytes, at, end);
          family ??= text === undefined ? undefined : values.family;
          if (text === undefined || family !== values.family)
            fail(
              'ADDRESS_EXPECTED',
              at,
              family === undefined ? 'an address' : `an ${family === 'ipv4' ? 'IPv4' : 'IPv6'} address`,
            );
          last = key;
          if (source) {
            if (lastInReply) replySrc = text;
            else src = text;
          } else if (lastInReply) replyDst = text;
          else dst = text;
          place = key.index * 2 + (lastInReply ? 2 : 1);
          continue;
        }
      } else if (bytes[i] === OPEN_BRACKET) {
        const flag = flagAt(bytes, i, end);
        if (flag >= 0) {
          const text = FLAGS[flag]!;
          if (flag === UNREPLIED) status &= ~STATUS.SEEN_REPLY;
          else status |= FLAG_BITS[flag]!;
          values.at = i + text.length;
          last = undefined;
          anchor = text;
          place = FLAG_PLACES + flag;
          continue;
        }
        texts ??= {};
        const after = readTime(texts, bytes, i, end, this.#options.timeZone);
        if (after >= 0) {
          values.at = after;
          last = undefined;
          anchor = bytes[i + 3] === 97 ? '[start]' : '[stop]';
          continue;
        }
      } else if (tokenIs(bytes, i, end, LABELS) && texts?.labels === undefined) {
        // What conntrack(8) prints when no label that is set has a name.
        texts ??= {};
        texts.labels = [];
        values.at = i + LABELS.length;
        last = undefined;
        anchor = LABELS;
        continue;
      }
      values.at = unknownEnd(bytes, i, end, src === undefined ? 'a timeout, a state or src=' : 'key=value or a [FLAG]');
      if (last !== undefined) anchor = anchorOf(last, lastInReply);
      extra ??= [];
      extra.push({ text: decode(bytes, i, values.at), after: anchor });
    }

    if (src === undefined || dst === undefined || replySrc === undefined || replyDst === undefined) {
      const key = src === undefined || (dst !== undefined && replySrc === undefined) ? 'src=' : 'dst=';
      const direction = src === undefined || dst === undefined ? 'original' : 'reply';
      fail('TUPLE_EXPECTED', end, `${key} of the ${direction} direction`);
    }
    const flow = makeFlow(
      family!,
      protonum,
      makeTuple(src, dst, original, numbers[ORIGINAL]),
      makeTuple(replySrc, replyDst, reply, numbers[REPLY]),
      state,
      statusNames(status),
      own,
      numbers[OWN],
    );
    if (texts !== undefined) Object.assign(flow, texts);
    if (extra !== undefined) flow.extra = extra;
    if ((own & (1 << ID)) !== 0) flow.key = keyOf(flow)!;
    return flow;
  }
}

/** A time that the zone does not have: kept as a whole. */
const TIME = /^\[(?:start|stop)=[\w: ]{24}\]/;

/** Where an unknown token ends. Behind the last token a space may stand; everything else has to be a pair or a flag. */
function unknownEnd(bytes: Uint8Array, at: number, end: number, expected: string): number {
  const time = TIME.exec(decode(bytes, at, Math.min(at + 40, end)));
  if (time !== null) return at + time[0].length;
  const stop = tokenEnd(bytes, at, end);
  if (!UNKNOWN.test(decode(bytes, at, stop))) fail('PAIR_EXPECTED', at, expected);
  return stop;
}

/** The fault of a key that stands twice, or where its tuple is not. */
function misplaced(at: number, name: string): never {
  fail('PAIR_EXPECTED', at, `${name}= once, and in its place`);
}

function skipSpaces(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && bytes[i] === SPACE) i++;
  return i;
}

/** Whether this token stands here. */
const tokenIs = (bytes: Uint8Array, at: number, end: number, token: string): boolean =>
  standsAt(bytes, at, end, token) && tokenEnd(bytes, at, end) === at + token.length;

/** Which flag stands here; −1 for none. */
function flagAt(bytes: Uint8Array, at: number, end: number): number {
  for (let flag = 0; flag < FLAGS.length; flag++) if (tokenIs(bytes, at, end, FLAGS[flag]!)) return flag;
  return -1;
}

/** Whether a decimal number, without a leading zero, stands here that is too long to be exact. */
const isLongNumber = (bytes: Uint8Array, start: number, end: number): boolean =>
  /^[1-9]\d{15,19}$/.test(decode(bytes, start, tokenEnd(bytes, start, end)));
