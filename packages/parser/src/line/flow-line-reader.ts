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

/** The flags in brackets, with the status bit that each of them sets. */
const FLAGS = ['[UNREPLIED]', '[ASSURED]', '[OFFLOAD]', '[HW_OFFLOAD]', '[USERSPACE]'];
const FLAG_BITS = [0, STATUS.ASSURED, STATUS.OFFLOAD, STATUS.HW_OFFLOAD, 0];
const UNREPLIED = 0;
const LABELS = 'labels';
/** Words of a line without a key, by the names that extra tokens after them use. Flags come first. */
const WORDS = [...FLAGS, '[start]', '[stop]', LABELS];
const WORD_PLACES = KEYS.length * 2 + 1;

const HEXADECIMAL = (1 << SRCKEY) | (1 << DSTKEY);
const ICMP_KEYS = (1 << TYPE) | (1 << CODE);

// The owner of a number or an address: the flow itself, then each direction.
const OWN = 0;
const ORIGINAL = 1;
const REPLY = 2;
/** Number of fields of each owner. */
const ROOM = 16;

/**
 * Reads lines of /proc and conntrack(8), with or without event tags. Its loop sees every byte of a text. Reuse the reader: it has caches of
 * constant size.
 */
export class FlowLineReader implements RecordReader<Flow> {
  event: FlowEventType | undefined;
  time: string | undefined;
  readonly #options: LineOptions;
  readonly #values = new ValueReader();
  /** The numbers of the flow itself and of each direction, and which of them are known (bit n: field n). */
  readonly #numbers = new Float64Array(3 * ROOM);
  readonly #known = new Int32Array(3);

  /**
   * The key that followed last time, by the place of the token before it. Places: 0 for the columns; a key's index times two, plus one or
   * (reply direction) two; words after the keys.
   */
  readonly #next: (Key | undefined)[] = new Array<Key | undefined>(WORD_PLACES + WORDS.length).fill(undefined);

  // What the current line has given so far beside its numbers.
  #family: Family | undefined;
  #protonum = 0;
  #state: string | undefined;
  #status = 0;
  #texts: Texts | undefined;
  #extra: ExtraToken[] | undefined;

  /** Name of the last column. */
  #column = 'protonum';

  constructor(options: LineOptions = {}) {
    this.#options = options;
  }

  /** Reads the flow of the line `bytes[start..end)`, which has no newline. Throws a `Fault` for a bad line. */
  read(bytes: Uint8Array, start: number, end: number): Flow {
    try {
      this.#reset();
      let at = this.#readPrefix(bytes, start, end);
      at = this.#readLayer3(bytes, at, end);
      at = this.#readLayer4(bytes, at, end);
      at = this.#readTimeout(bytes, at, end);
      at = this.#readState(bytes, at, end);
      return this.#readTokens(bytes, at, end);
    } catch (fault) {
      // Turns the index of the byte into the index of the character.
      if (fault instanceof Fault) fault.at = decode(bytes, start, Math.min(fault.at, end)).length;
      throw fault;
    }
  }

  #reset(): void {
    this.event = undefined;
    this.time = undefined;
    this.#family = undefined;
    this.#state = undefined;
    // Three assignments, because fill() costs as much as several tokens.
    this.#known[OWN] = 0;
    this.#known[ORIGINAL] = 0;
    this.#known[REPLY] = 0;
    this.#status = STATUS.SEEN_REPLY;
    this.#texts = undefined;
    this.#extra = undefined;
    this.#column = 'protonum';
  }

  /** Reads the prefix of an event. This method and the methods for columns return the index where the next part begins. */
  #readPrefix(bytes: Uint8Array, at: number, end: number): number {
    if (bytes[at] !== SPACE && bytes[at] !== OPEN_BRACKET) return at;
    const prefix = readPrefix(decode(bytes, at, Math.min(at + PREFIX_LENGTH, end)));
    this.event = prefix.event;
    this.time = prefix.time;
    const next = at + prefix.length;
    if (prefix.wrong) fail('TAG_EXPECTED', next, TAG);
    return next;
  }

  /** Reads the optional layer 3 column, `ipv4     2 `. */
  #readLayer3(bytes: Uint8Array, at: number, end: number): number {
    if (!standsAt(bytes, at, end, 'ipv') || bytes[at + 4] !== SPACE) return at;
    const values = this.#values;
    const version = bytes[at + 3]! - ZERO;
    const number = values.number(bytes, skipSpaces(bytes, at + 4, end), end, 255);
    if (number !== (version === 4 ? 2 : version === 6 ? 10 : Number.NaN))
      fail('PROTOCOL_EXPECTED', at, "'ipv4' and 2, or 'ipv6' and 10");
    this.#family = version === 4 ? 'ipv4' : 'ipv6';
    return skipSpaces(bytes, values.at, end);
  }

  /** Reads the layer 4 column, `tcp      6 `. */
  #readLayer4(bytes: Uint8Array, name: number, end: number): number {
    const values = this.#values;
    let nameEnd = name;
    while (nameEnd < end && bytes[nameEnd]! > SPACE && bytes[nameEnd] !== EQUALS && bytes[nameEnd] !== OPEN_BRACKET)
      nameEnd++;
    if (nameEnd === name || bytes[nameEnd] !== SPACE) fail('PROTOCOL_EXPECTED', nameEnd, 'a protocol name');
    const at = skipSpaces(bytes, nameEnd, end);
    const protonum = values.number(bytes, at, end, 255);
    if (protonum < 0) fail('PROTOCOL_EXPECTED', at, 'a protocol number, 0 to 255');
    const printed = printedName(protonum);
    if (nameEnd - name !== printed.length || !standsAt(bytes, name, end, printed)) {
      const text = decode(bytes, name, nameEnd);
      // A kernel without a protocol's tracker prints `unknown`; other programs know more names than conntrack(8).
      if (text !== 'unknown' && (!/^\D/.test(text) || findProtocol(text)?.number !== protonum))
        fail('PROTOCOL_EXPECTED', name, `${printed} as the name of protocol ${protonum}`);
      this.#extra = [{ text, after: 'protocol' }];
    }
    this.#protonum = protonum;
    return skipSpaces(bytes, values.at, end);
  }

  /** Reads the optional timeout. */
  #readTimeout(bytes: Uint8Array, at: number, end: number): number {
    if (at >= end || !isDigit(bytes[at]!)) return at;
    const values = this.#values;
    const timeout = values.number(bytes, at, end, U53);
    if (timeout < 0) fail('NUMBER_EXPECTED', at, 'a timeout in seconds');
    this.#numbers[OWN * ROOM + TIMEOUT] = timeout;
    this.#known[OWN] = 1 << TIMEOUT;
    this.#column = 'timeout';
    return skipSpaces(bytes, values.at, end);
  }

  /** Reads the optional state. A state without a name is a number after the timeout. */
  #readState(bytes: Uint8Array, at: number, end: number): number {
    if (at >= end || !(isCapital(bytes[at]!) || (this.#known[OWN] !== 0 && isDigit(bytes[at]!)))) return at;
    const stateEnd = tokenEnd(bytes, at, end);
    this.#state = this.#values.words.word(bytes, at, stateEnd);
    if (!isState(this.#protonum, this.#state)) fail('STATE_EXPECTED', at, `a state of ${printedName(this.#protonum)}`);
    this.#column = 'state';
    return skipSpaces(bytes, stateEnd, end);
  }

  /**
   * Reads the tokens. Numbers go to their tuple or the flow; unknown pairs and words are kept unchanged. Every token passes this loop, so
   * its state is in variables: one method per key would cost a tenth of the time for reading.
   */
  #readTokens(bytes: Uint8Array, from: number, end: number): Flow {
    const values = this.#values;
    const next = this.#next;
    const known = this.#known;
    const numbers = this.#numbers;
    const icmp = this.#protonum === 1 || this.#protonum === 58;
    const { maxPairs = MAX_PAIRS } = this.#options;
    let src: string | undefined;
    let dst: string | undefined;
    let replySrc: string | undefined;
    let replyDst: string | undefined;
    let pairs = 0;
    let place = 0;
    // `<=`: an empty token at the very end is a trailing space, which Linux 2.4 prints.
    for (let i = from; i <= end; i = values.at + 1) {
      if (bytes[i] === SPACE && i < end) {
        values.at = i;
        continue;
      }
      if (++pairs > maxPairs) fail('TOO_MANY_PAIRS', i, `at most ${maxPairs} tokens`);
      // Lines of a text have the same keys in the same order: the key that followed last time is tried first.
      let key: Key | undefined = next[place];
      if (key === undefined || !isKey(key, bytes, i, end)) {
        key = bytes[i] === OPEN_BRACKET ? undefined : keyAt(bytes, i, end);
        if (key !== undefined) next[place] = key;
      }
      if (key === undefined) {
        place = this.#readWord(bytes, i, end, place, src === undefined);
        continue;
      }
      const at = i + key.bytes.length;
      let inReply: boolean = replySrc !== undefined;
      if (key.kind === 'number') {
        const tuple = inReply ? REPLY : ORIGINAL;
        if (icmp && isIcmpId(key, known[tuple]!)) key = ICMP_ID_KEY;
        const { field, inTuple, max } = key;
        const bit = 1 << field;
        const owner = inTuple ? tuple : OWN;
        const isDouble = (known[owner]! & bit) !== 0;
        if (isDouble || (inTuple && (src === undefined || (field === DIRECTION_ZONE && !isZoneOf(key, inReply)))))
          misplaced(i, key.name);
        const isHex = inTuple && (bit & HEXADECIMAL) !== 0;
        let number = isHex ? values.hexadecimal(bytes, at, end) : values.number(bytes, at, end, max);
        if (number < 0) {
          number = this.#unusualNumber(key, bytes, at, end);
          if (Number.isNaN(number)) {
            this.#keepExtra(bytes, i, end, place, false);
            continue;
          }
        }
        numbers[owner * ROOM + field] = number;
        known[owner]! |= bit;
      } else if (key.kind === 'text') {
        this.#readText(key, bytes, i, end);
        inReply = false;
      } else {
        // Source and destination of the original direction come first, then those of the reply direction.
        const isSource = key.kind === 'src';
        inReply = dst !== undefined;
        const hasSource = (inReply ? replySrc : src) !== undefined;
        if (isSource === hasSource || replyDst !== undefined) misplaced(i, key.name);
        const text = this.#readAddress(bytes, at, end);
        if (!inReply) {
          if (isSource) src = text;
          else dst = text;
        } else if (isSource) replySrc = text;
        else replyDst = text;
      }
      place = key.index * 2 + (inReply ? 2 : 1);
    }
    return src === undefined || dst === undefined || replySrc === undefined || replyDst === undefined
      ? missingAddress(end, src, dst, replySrc)
      : this.#flow(src, dst, replySrc, replyDst);
  }

  /** Reads a number in an unusual notation; returns NaN if it must stay text, as in an unknown pair. */
  #unusualNumber({ field, max, inTuple }: Key, bytes: Uint8Array, at: number, end: number): number {
    const number = inTuple ? Number.NaN : this.#values.unusual(bytes, at, end, field);
    // A counter above 2^53 − 1 would not be exact as a number: it stays text.
    if (!Number.isNaN(number) || (max === U53 && isLongNumber(bytes, at, end))) return number;
    const isHex = inTuple && ((1 << field) & HEXADECIMAL) !== 0;
    return fail('NUMBER_EXPECTED', at, isHex ? 'a key, 0x0 to 0xffff' : `a number, 0 to ${max}`);
  }

  #readText(key: Key, bytes: Uint8Array, at: number, end: number): void {
    const values = this.#values;
    this.#texts ??= {};
    const after = readTexts(this.#texts, key.name, bytes, at + key.bytes.length, end, values, this.#options);
    if (after < 0) misplaced(at, key.name);
    values.at = after;
  }

  /** Reads an address of the line's family. */
  #readAddress(bytes: Uint8Array, at: number, end: number): string {
    const values = this.#values;
    const text = values.address(bytes, at, end);
    this.#family ??= text === undefined ? undefined : values.family;
    const family = this.#family;
    if (text !== undefined && family === values.family) return text;
    return fail(
      'ADDRESS_EXPECTED',
      at,
      family === undefined ? 'an address' : `an ${family === 'ipv4' ? 'IPv4' : 'IPv6'} address`,
    );
  }

  /**
   * Reads a token without a known key: a flag, a time in brackets, `labels`, or an unknown token. Returns its place, or the place of the
   * token before it.
   */
  #readWord(bytes: Uint8Array, at: number, end: number, place: number, first: boolean): number {
    const values = this.#values;
    if (bytes[at] !== OPEN_BRACKET) {
      if (this.#texts?.labels !== undefined || !tokenIs(bytes, at, end, LABELS))
        return this.#keepExtra(bytes, at, end, place, first);
      // conntrack(8) prints this if no label of the flow has a name.
      this.#texts ??= {};
      this.#texts.labels = [];
      values.at = at + LABELS.length;
      return placeOf(LABELS);
    }
    const flag = flagAt(bytes, at, end);
    if (flag >= 0) {
      if (flag === UNREPLIED) this.#status &= ~STATUS.SEEN_REPLY;
      else this.#status |= FLAG_BITS[flag]!;
      values.at = at + FLAGS[flag]!.length;
      return WORD_PLACES + flag;
    }
    this.#texts ??= {};
    const after = readTime(this.#texts, bytes, at, end, this.#options.timeZone);
    if (after < 0) return this.#keepExtra(bytes, at, end, place, first);
    values.at = after;
    return placeOf(standsAt(bytes, at, end, '[start') ? '[start]' : '[stop]');
  }

  /** Keeps an unknown token together with the token before it, whose place it returns. `first`: the token precedes the addresses. */
  #keepExtra(bytes: Uint8Array, at: number, end: number, place: number, first: boolean): number {
    const after = unknownEnd(bytes, at, end, first ? 'a timeout, a state or src=' : 'key=value or a [FLAG]');
    this.#values.at = after;
    this.#extra ??= [];
    this.#extra.push({ text: decode(bytes, at, after), after: place === 0 ? this.#column : wordAt(place) });
    return place;
  }

  /** Makes the flow from everything that was read. */
  #flow(src: string, dst: string, replySrc: string, replyDst: string): Flow {
    const numbers = this.#numbers;
    const known = this.#known;
    const flow = makeFlow(
      this.#family!,
      this.#protonum,
      makeTuple(src, dst, known[ORIGINAL]!, numbers, ORIGINAL * ROOM),
      makeTuple(replySrc, replyDst, known[REPLY]!, numbers, REPLY * ROOM),
      this.#state,
      statusNames(this.#status),
      known[OWN]!,
      numbers,
    );
    if (this.#texts !== undefined) Object.assign(flow, this.#texts);
    if (this.#extra !== undefined) flow.extra = this.#extra;
    if ((known[OWN]! & (1 << ID)) !== 0) flow.key = keyOf(flow)!;
    return flow;
  }
}

const placeOf = (word: string): number => WORD_PLACES + WORDS.indexOf(word);

/** The name that an extra token uses for the token before it, by the place of that token. */
const wordAt = (place: number): string =>
  place < WORD_PLACES ? anchorOf(KEYS[(place - 1) >> 1]!, place % 2 === 0) : WORDS[place - WORD_PLACES]!;

/** Whether a key is ICMP's `id=`, which has the same name as the flow's id: after type and code it belongs to the tuple. */
const isIcmpId = ({ name }: Key, known: number): boolean =>
  name === 'id' && (known & ICMP_KEYS) !== 0 && (known & (1 << ICMP_ID)) === 0;

const isZoneOf = ({ name }: Key, inReply: boolean): boolean => inReply === (name === 'zone-reply');

/** Throws the fault of a line without all four addresses. */
function missingAddress(end: number, src?: string, dst?: string, replySrc?: string): never {
  const key = src === undefined || (dst !== undefined && replySrc === undefined) ? 'src=' : 'dst=';
  const direction = src === undefined || dst === undefined ? 'original' : 'reply';
  fail('TUPLE_EXPECTED', end, `${key} of the ${direction} direction`);
}

const isDigit = (byte: number): boolean => byte >= ZERO && byte <= 57;
const isCapital = (byte: number): boolean => byte >= 65 && byte <= 90;

/** A time that the time zone does not have: kept as one token. */
const TIME = /^\[(?:start|stop)=[\w: ]{24}\](?![^ ])/;

/** Returns the end of an unknown token, which must be a pair or a flag. After the last token a space is allowed. */
function unknownEnd(bytes: Uint8Array, at: number, end: number, expected: string): number {
  const time = TIME.exec(decode(bytes, at, Math.min(at + 40, end)));
  if (time !== null) return at + time[0].length;
  const stop = tokenEnd(bytes, at, end);
  if (!UNKNOWN.test(decode(bytes, at, stop))) fail('PAIR_EXPECTED', at, expected);
  return stop;
}

/** Throws the fault of a key that occurs twice, or outside of its tuple. */
function misplaced(at: number, name: string): never {
  fail('PAIR_EXPECTED', at, `${name}= once, in its place`);
}

function skipSpaces(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && bytes[i] === SPACE) i++;
  return i;
}

/** Whether a given token is at this index. */
const tokenIs = (bytes: Uint8Array, at: number, end: number, token: string): boolean =>
  standsAt(bytes, at, end, token) && tokenEnd(bytes, at, end) === at + token.length;

/** Returns the index in FLAGS of the flag at this place; −1 if there is none. */
function flagAt(bytes: Uint8Array, at: number, end: number): number {
  for (let flag = 0; flag < FLAGS.length; flag++) if (tokenIs(bytes, at, end, FLAGS[flag]!)) return flag;
  return -1;
}

/** Whether there is a decimal number without a leading zero here that is too long to be exact. */
const isLongNumber = (bytes: Uint8Array, start: number, end: number): boolean =>
  /^[1-9]\d{15,19}$/.test(decode(bytes, start, tokenEnd(bytes, start, end)));
