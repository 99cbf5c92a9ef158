import { type Address, LabelMap } from '@conntrack/flow';
import { OperationError, ParameterError } from '../errors.js';
import { address, natAddress, network } from './addresses.js';
import { checkCommand, checkRequest } from './check.js';
import { COMMANDS, type CommandLetter, commandOf, TABLES, type Table } from './commands.js';
import { Getopt, type GetoptOption } from './getopt.js';
import { labelBits, loadLabelMap } from './label-map.js';
import { decimal, markAndMask, optionNumber } from './numbers.js';
import { OPTIONS, optionOf } from './options.js';
import { readProtocol } from './protocol-number.js';
import { readProtocolOption } from './protocol-values.js';
import type { Protocol } from './protocols.js';
import { type NatWords, newRequest, type Request, type TupleWords } from './request.js';
import { statusWords } from './status.js';
import { EVENT_WORDS, OUTPUT_WORDS, wordList } from './words.js';

/**
 * The options for getopt, without those of protocols. A command's long form accepts an argument and ignores it; its
 * short form takes none.
 */
const GENERAL: readonly GetoptOption[] = [
  ...COMMANDS.flatMap(({ letter, long }): GetoptOption[] => [
    { id: letter, letter, longs: [], argument: 'none' },
    { id: letter, longs: [long], argument: letter === 'V' || letter === 'h' ? 'none' : 'optional' },
  ]),
  ...OPTIONS.map(
    ({ letter, long, aliases = [], argument }): GetoptOption => ({
      id: long,
      ...(letter !== '' && { letter }),
      longs: [long, ...aliases],
      argument,
    }),
  ),
];

const ofProtocol = (protocol: Protocol): readonly GetoptOption[] => [
  ...GENERAL,
  ...protocol.options.map(
    ({ long, aliases = [] }): GetoptOption => ({ id: long, longs: [long, ...aliases], argument: 'required' }),
  ),
];

/** A valid command line. `protocol` is the protocol of `-p`, if it has options of its own. */
export interface Parsed {
  readonly request: Request;
  readonly protocol: Protocol | undefined;
  /** The argument of `-p`. */
  readonly protocolText: string | undefined;
}

/** The state of parsing a command line. */
class Reading {
  readonly request = newRequest();
  readonly #warn: (line: string) => void;
  protocol: Protocol | undefined;
  protocolText: string | undefined;
  labelPath: string | undefined;

  constructor(warn: (line: string) => void) {
    this.#warn = warn;
  }

  command(letter: CommandLetter, getopt: Getopt): void {
    const { request } = this;
    if (request.command !== undefined) throw new ParameterError('Invalid commands combination');
    request.command = letter;
    const word = getopt.optionalWord();
    if (word === undefined) return;
    request.table = tableOf(word);
    checkCommand(letter, request.table);
  }

  family(of: Address): void {
    const { request } = this;
    if (request.family !== undefined && request.family !== of.family)
      throw new ParameterError('mismatched address family');
    request.family = of.family;
  }

  end(name: string, text: string): void {
    const { request } = this;
    const [side, field] = PLACES[name]!;
    const mayBeNetwork = optionOf(name)?.kind === 'network';
    if (!mayBeNetwork && text.includes('/')) throw new ParameterError(`CIDR notation unavailable for \`--${name}'`);
    const read: { address: Address; mask?: Address } = mayBeNetwork ? network(text) : { address: address(text) };
    this.family(read.address);
    request[side][field] = read.address;
    if (!mayBeNetwork) return;
    // A prefix also sets the mask option. The last address determines the mask.
    const mask = `mask-${field}`;
    if (read.mask !== undefined) {
      request.mask[field] = read.mask;
      request.given.add(mask);
      this.#implied.add(mask);
    } else if (this.#implied.delete(mask)) {
      delete request.mask[field];
      request.given.delete(mask);
    }
  }
  readonly #implied = new Set<string>();

  nat(name: string, text: string | undefined): NatWords {
    if (text === undefined) return {};
    if (text.includes('/')) throw new ParameterError(`CIDR notation unavailable for \`--${name}'`);
    const nat = natAddress(text);
    this.family(nat.address);
    return nat;
  }

  /** Loads the label names. Without the file there are none, and a warning is printed each time. */
  labelMap(): LabelMap {
    const { request } = this;
    request.labelMap ??= loadLabelMap(this.labelPath, this.#warn);
    return request.labelMap ?? new LabelMap();
  }

  /** Loads the label names for an option that changes labels. */
  labelMapToChange(): LabelMap {
    const { given } = this.request;
    const map = this.labelMap();
    if (given.has('label-add') && given.has('label-del'))
      throw new OperationError('cannot use --label-add and --label-del at the same time');
    return map;
  }

  option(name: string, text: string): void {
    const { request } = this;
    request.given.add(name);
    if (name in PLACES) this.end(name, text);
    switch (name) {
      case 'protonum': {
        const { number, options } = readProtocol(text);
        // A protocol name without options keeps the options of the previous protocol.
        this.protocol = options ?? (number === request.protonum ? this.protocol : undefined);
        request.protonum = number;
        this.protocolText = text;
        break;
      }
      case 'timeout':
        request.timeout = decimal(text, 'timeout');
        break;
      case 'status': {
        const { set, clear } = statusWords(text, this.#warn);
        request.status = { set: (request.status?.set ?? 0) | set, clear: (request.status?.clear ?? 0) | clear };
        break;
      }
      case 'event-mask':
        for (const word of wordList(text, EVENT_WORDS, this.#warn)) request.events.add(word);
        break;
      case 'output':
        for (const word of wordList(text, OUTPUT_WORDS, this.#warn)) request.output.add(word);
        if (request.output.has('labels')) this.labelMap();
        if (request.output.has('save') && request.output.size > 1)
          throw new OperationError('cannot combine save output with any other output type, use -o save only');
        break;
      case 'mark': {
        const { mark, mask } = markAndMask(text);
        request.mark = mark;
        if (mask === undefined) delete request.markMask;
        else request.markMask = mask;
        break;
      }
      case 'id':
        request.id = optionNumber(text, 'i');
        break;
      case 'secmark':
        request.secmark = optionNumber(text, 'c');
        break;
      case 'zone':
        request.zone = optionNumber(text, 'w', 0xffff);
        break;
      case 'orig-zone':
        request.origZone = optionNumber(text, '(', 0xffff);
        break;
      case 'reply-zone':
        request.replyZone = optionNumber(text, ')', 0xffff);
        break;
      case 'family':
        this.givenFamily(text);
        break;
      case 'buffer-size':
        request.bufferSize = decimal(text, 'buffer size', 0x7fffffff);
        break;
      case 'label':
        request.labels.push(...labelBits(text, this.labelMap()));
        break;
      case 'label-add':
        request.labelsAdd.push(...labelBits(text, this.labelMapToChange()));
        break;
      case 'nat-range':
        this.#warn('WARNING: ignoring -a, deprecated option.');
        break;
      case 'labelmap':
        if (request.labelMap !== undefined) throw new ParameterError('labelmap already loaded');
        this.labelPath = text;
        break;
      default:
    }
  }

  optional(name: string, text: string | undefined): void {
    const { request } = this;
    request.given.add(name);
    if (name === 'src-nat') request.srcNat = this.nat(name, text);
    else if (name === 'dst-nat') request.dstNat = this.nat(name, text);
    else if (name === 'any-nat') request.anyNat = this.nat(name, text);
    else {
      const map = this.labelMapToChange();
      if (text !== undefined) request.labelsDel.push(...labelBits(text, map));
    }
  }

  givenFamily(text: string): void {
    const family = text.startsWith('ipv4') ? 'ipv4' : text.startsWith('ipv6') ? 'ipv6' : undefined;
    if (family === undefined) throw new ParameterError(`\`${text}' unsupported protocol`);
    this.family({ family, words: [0, 0, 0, 0] });
  }
}

const PLACES: Readonly<Record<string, readonly ['original' | 'reply' | 'tuple' | 'mask', 'src' | 'dst']>> = {
  src: ['original', 'src'],
  dst: ['original', 'dst'],
  'reply-src': ['reply', 'src'],
  'reply-dst': ['reply', 'dst'],
  'tuple-src': ['tuple', 'src'],
  'tuple-dst': ['tuple', 'dst'],
  'mask-src': ['mask', 'src'],
  'mask-dst': ['mask', 'dst'],
};

/** Finds a table by an abbreviated name. @throws ParameterError */
function tableOf(text: string): Table {
  const table = TABLES.find(name => name.startsWith(text));
  if (table === undefined) throw new ParameterError(`unknown type \`${text}'`);
  return table;
}

/**
 * Parses a command line. `argv[0]` is the program. `warn` receives warnings, which do not stop the run.
 *
 * @throws ParameterError, OperationError
 */
export function parseCommandLine(argv: readonly string[], warn: (line: string) => void): Parsed {
  const getopt = new Getopt(argv);
  const reading = new Reading(warn);
  const { request } = reading;
  let options: readonly GetoptOption[] = GENERAL;
  for (let found = getopt.next(options); found !== undefined; found = getopt.next(options)) {
    if (found.kind === 'unknown') throw new ParameterError(`unknown option \`${found.word}'`);
    if (found.kind === 'missing') throw new ParameterError(`option \`${found.word}' requires an argument`);
    const { id, argument } = found;
    if (commandOf(id) !== undefined) reading.command(id as CommandLetter, getopt);
    else if (optionOf(id)?.argument === 'optional') reading.optional(id, argument ?? getopt.optionalWord());
    else if (optionOf(id) !== undefined) {
      reading.option(id, argument ?? '');
      if (id === 'protonum') options = reading.protocol === undefined ? GENERAL : ofProtocol(reading.protocol);
    } else {
      request.given.add(id);
      readProtocolOption(reading.protocol!, id, argument ?? '', request);
    }
  }
  checkWords(getopt.operands());
  checkRequest(request, reading.protocol);
  checkMasks(request);
  return { request, protocol: reading.protocol, protocolText: reading.protocolText };
}

/**
 * Rejects a negation that belongs to no option. conntrack(8) ignores it, and lists or deletes the opposite of what was
 * requested. A comment at the end of a line in a file is allowed.
 *
 * @throws ParameterError
 */
function checkWords(words: readonly string[]): void {
  const comment = words.findIndex(word => word.startsWith('#'));
  const negated = words.slice(0, comment < 0 ? undefined : comment).find(word => word.startsWith('!'));
  if (negated !== undefined)
    throw new ParameterError(
      `Cannot negate with \`${negated}': only --status takes a \`!' (-u !ASSURED). To exclude entries, use ctctl: ctctl list 'src!=10.0.0.1'`,
    );
}

/** A mask needs an address. The lists of ending entries do not check this. @throws ParameterError */
function checkMasks({ original, mask, given, table }: Request): void {
  if (table !== 'conntrack') return;
  for (const field of ['src', 'dst'] as const satisfies readonly (keyof TupleWords)[])
    if (given.has(`mask-${field}`) && mask[field] !== undefined && original[field] === undefined)
      throw new ParameterError(`Can't use --mask-${field} without --${field}`);
}
