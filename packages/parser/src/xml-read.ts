import {
  type ExtraToken,
  type Family,
  type Flow,
  type FlowEventType,
  type FlowTuple,
  keyOf,
  parseAddress,
  protocolOf,
  STATUS,
  stateName,
  statusNames,
  TCP_STATES,
} from '@conntrack/flow';
import type { TimeZone } from './ctime.js';
import type { ParseOptions } from './options.js';
import { takeUserspace } from './save.js';
import { LineFault, type ReadString, readNumber, type StringRecord } from './string-reader.js';
import { table } from './table.js';
import { nanosecondsText, timeOfWhen, WHEN } from './xml-time.js';
import { type Element, parseElement } from './xml-tree.js';

/** Numbers of a `<meta direction="original">`: where they stand and their largest value. */
const TUPLE_NUMBERS = table<
  readonly ['sport' | 'dport' | 'type' | 'code' | 'id' | 'zone' | 'packets' | 'bytes', number]
>({
  sport: ['sport', 0xffff],
  dport: ['dport', 0xffff],
  type: ['type', 0xff],
  code: ['code', 0xff],
  id: ['id', 0xffff],
  zone: ['zone', 0xffff],
  packets: ['packets', Number.MAX_SAFE_INTEGER],
  bytes: ['bytes', Number.MAX_SAFE_INTEGER],
});
/** Numbers of `<meta direction="independent">`. */
const FLOW_NUMBERS = table<readonly ['timeout' | 'mark' | 'secmark' | 'zone' | 'use' | 'id' | 'deltaTime', number]>({
  timeout: ['timeout', Number.MAX_SAFE_INTEGER],
  mark: ['mark', 0xffffffff],
  secmark: ['secmark', 0xffffffff],
  zone: ['zone', 0xffff],
  use: ['use', 0xffffffff],
  id: ['id', 0xffffffff],
  deltatime: ['deltaTime', Number.MAX_SAFE_INTEGER],
});
const EVENTS: ReadonlySet<string> = new Set(['new', 'update', 'destroy']);
const FAMILIES = table<Family>({ '2': 'ipv4', '10': 'ipv6' });

/** What is being read; `fault` once something is wrong. */
interface Draft {
  line: string;
  options: ParseOptions;
  flow: Partial<Flow>;
  original?: Partial<FlowTuple>;
  reply?: Partial<FlowTuple>;
  status: number;
  extra: ExtraToken[];
  fault?: LineFault;
}

const wrong = (
  draft: Draft,
  element: Element,
  expected: string,
  code: LineFault['code'] = 'ELEMENT_EXPECTED',
): void => {
  draft.fault ??= new LineFault(code, element.at, expected);
};
const keep = (draft: Draft, element: Element, after: string): void => {
  draft.extra.push({ text: draft.line.slice(element.at, element.end), after });
};

const hexadecimal = /^0x(?:0|[1-9a-f][\da-f]{0,3})$/;

function readTuple(draft: Draft, where: 'original' | 'reply', parent: Element, tuple: Partial<FlowTuple>): void {
  for (const child of parent.children) {
    const number = TUPLE_NUMBERS[child.name];
    if (number !== undefined && tuple[number[0]] === undefined) {
      const value = readNumber(child.text, number[1]);
      if (value < 0) wrong(draft, child, `a number, 0 to ${number[1]}`, 'NUMBER_EXPECTED');
      tuple[number[0]] = value;
      continue;
    }
    switch (child.name) {
      case 'layer3': {
        const family = FAMILIES[child.attributes.protonum ?? ''];
        if (family === undefined || (draft.flow.family ?? family) !== family)
          wrong(draft, child, 'protonum 2 or 10', 'PROTOCOL_EXPECTED');
        else draft.flow.family = family;
        readTuple(draft, where, child, tuple);
        break;
      }
      case 'layer4': {
        const protonum = readNumber(child.attributes.protonum, 255);
        if (protonum < 0 || (draft.flow.protonum ?? protonum) !== protonum)
          wrong(draft, child, 'a protonum, 0 to 255', 'PROTOCOL_EXPECTED');
        else draft.flow.protonum = protonum;
        readTuple(draft, where, child, tuple);
        break;
      }
      case 'counters':
        readTuple(draft, where, child, tuple);
        break;
      case 'src':
      case 'dst':
        if (parseAddress(child.text)?.family !== draft.flow.family || tuple[child.name] !== undefined)
          wrong(draft, child, `an ${draft.flow.family ?? 'IP'} address`, 'ADDRESS_EXPECTED');
        tuple[child.name] = child.text;
        break;
      case 'srckey':
      case 'dstkey':
        if (!hexadecimal.test(child.text)) wrong(draft, child, 'a key, 0x0 to 0xffff', 'NUMBER_EXPECTED');
        tuple[child.name] = Number(child.text);
        break;
      default:
        keep(draft, child, where);
    }
  }
}

/** SCTP's and DCCP's states are printed by TCP's table: back through the same, except where that has no such name. */
function readState(name: string, protonum: number, states: 'tcp' | 'own' | undefined): string {
  const number = (TCP_STATES as readonly string[]).indexOf(name);
  return states === 'own' || number < 0 || (protonum !== 132 && protonum !== 33) ? name : stateName(protonum, number);
}

function readIndependent(draft: Draft, meta: Element): void {
  const { flow } = draft;
  for (const child of meta.children) {
    const number = FLOW_NUMBERS[child.name];
    if (number !== undefined) {
      const value = readNumber(child.text, number[1]);
      if (value < 0) wrong(draft, child, `a number, 0 to ${number[1]}`, 'NUMBER_EXPECTED');
      flow[number[0]] = value;
      continue;
    }
    switch (child.name) {
      case 'state':
        flow.state = readState(child.text, flow.protonum ?? 0, draft.options.xmlStates);
        break;
      case 'labels':
        flow.labels = child.children.map(label => draft.options.labelMap?.bit(label.text) ?? label.text);
        break;
      case 'secctx':
        flow.secctx = child.text;
        break;
      case 'helper':
        flow.helper = child.text;
        break;
      case 'assured':
        draft.status |= STATUS.ASSURED;
        break;
      case 'unreplied':
        draft.status &= ~STATUS.SEEN_REPLY;
        break;
      case 'timestamp':
        for (const time of child.children) {
          const text = nanosecondsText(time.text);
          if (text === undefined || (time.name !== 'start' && time.name !== 'stop'))
            wrong(draft, time, 'nanoseconds since 1970', 'NUMBER_EXPECTED');
          else flow[time.name] = text;
        }
        break;
      default:
        keep(draft, child, 'independent');
    }
  }
}

/** A `<flow>` element of the conntrack table. */
function readFlow(line: string, root: Element, options: ParseOptions, zone: TimeZone): StringRecord<Flow> | LineFault {
  const draft: Draft = { line, options, flow: {}, status: STATUS.SEEN_REPLY, extra: [] };
  let time: string | undefined;
  for (const child of root.children) {
    const direction = child.attributes.direction;
    if (child.name === 'meta' && (direction === 'original' || direction === 'reply')) {
      const tuple: Partial<FlowTuple> = {};
      draft[direction] = tuple;
      readTuple(draft, direction, child, tuple);
    } else if (child.name === 'meta' && direction === 'independent') readIndependent(draft, child);
    else if (child.name === 'helper') draft.flow.helper = child.text;
    else if (child.name === 'when') {
      time = timeOfWhen(child, zone);
      if (time === undefined) wrong(draft, child, WHEN, 'NUMBER_EXPECTED');
    } else keep(draft, child, 'flow');
  }
  if (draft.fault !== undefined) return draft.fault;
  const { original, reply, flow } = draft;
  if (original?.src === undefined || original.dst === undefined || reply?.src === undefined || reply.dst === undefined)
    return new LineFault('TUPLE_EXPECTED', root.at, 'src and dst of both directions');
  if (flow.protonum === undefined) return new LineFault('PROTOCOL_EXPECTED', root.at, 'layer4');
  const record: Flow = {
    family: flow.family!,
    protocol: protocolOf(flow.protonum).name,
    protonum: flow.protonum,
    original: original as FlowTuple,
    reply: reply as FlowTuple,
    ...flow,
    status: statusNames(draft.status),
  };
  if (draft.extra.length > 0) record.extra = draft.extra;
  const key = keyOf(record);
  // ICMP's identifier is not in the XML, and without it there is no key.
  if (key !== undefined && protocolOf(record.protonum).kind !== 'icmp') record.key = key;
  const event = root.attributes.type;
  return { record, event: event !== undefined && EVENTS.has(event) ? (event as FlowEventType) : undefined, time };
}

/** Lines that are around the flows. */
const AROUND = /^\s*(?:<\?xml [^<>]*\?>|<\/?(?:conntrack|expect)>)?\s*$/;

type MakeRecord<T> = (line: string, root: Element) => StringRecord<T> | LineFault;

/** Reads the elements of an XML text; those over several lines (an editor's doing) too, as long as they are not longer than a line may be. */
export class XmlLines<T> {
  #open: string[] = [];
  #length = 0;
  readonly #longest: number;
  readonly #limit: number;
  readonly #make: MakeRecord<T>;

  constructor(options: ParseOptions, longest: number, make: MakeRecord<T>) {
    this.#longest = longest;
    this.#limit = options.maxPairs ?? 256;
    this.#make = make;
  }

  /** One further line. */
  readonly read: ReadString<T> = line => {
    if (this.#open.length === 0) {
      if (AROUND.test(line)) return null;
      const start = line.length - line.trimStart().length;
      if (!line.startsWith('<flow', start)) return new LineFault('ELEMENT_EXPECTED', start, '<flow>');
    }
    this.#open.push(line);
    this.#length += line.length + 1;
    const closed = line.includes('</flow>');
    if (!closed && this.#length <= this.#longest) return null;
    const whole = this.#open.join('\n').trimStart();
    this.#open = [];
    this.#length = 0;
    if (!closed) return new LineFault('LINE_TOO_LONG', 0, `at most ${this.#longest} characters in a flow`);
    const root = parseElement(whole, 0, this.#limit);
    return root instanceof LineFault ? root : this.#make(whole, root);
  };

  /** What the end of the text leaves open. */
  finish(): LineFault | undefined {
    return this.#open.length === 0 ? undefined : new LineFault('ELEMENT_EXPECTED', 0, '</flow>');
  }
}

/** Reads `-o xml`, dumps and events. */
export const readXml =
  (options: ParseOptions) =>
  (line: string, root: Element): StringRecord<Flow> | LineFault => {
    const result = readFlow(line, root, options, options.timeZone ?? 'local');
    if (result instanceof LineFault) return result;
    // Up to 1.4.8, events have this behind the element.
    const { rest, ...userspace } = takeUserspace(line.slice(root.end));
    if (rest.trim() !== '') return new LineFault('ELEMENT_EXPECTED', root.end, 'nothing behind </flow>');
    Object.assign(result.record, userspace);
    return result;
  };
