import {
  type Expectation,
  type Family,
  type FlowEventType,
  formatAddress,
  parseAddress,
  protocolOf,
  type Tuple,
} from '@conntrack/flow';
import { LineFault, readNumber, type StringRecord } from './string-reader.js';
import { table } from './table.js';
import type { LineOptions } from './texts.js';
import { timeOfWhen, WHEN } from './xml-time.js';
import type { Element } from './xml-tree.js';

const PARTS = table({ expected: 'tuple', mask: 'mask', master: 'master' } as const);
const FAMILIES = table<Family>({ '2': 'ipv4', '10': 'ipv6' });
const NUMBERS = table<readonly ['sport' | 'dport' | 'type' | 'code' | 'id', number]>({
  sport: ['sport', 0xffff],
  dport: ['dport', 0xffff],
  type: ['type', 0xff],
  code: ['code', 0xff],
  id: ['id', 0xffff],
});
const OWN = table<readonly ['timeout' | 'zone' | 'class', number]>({
  timeout: ['timeout', Number.MAX_SAFE_INTEGER],
  zone: ['zone', 0xffff],
  class: ['class', 0xffffffff],
});
const EVENTS: ReadonlySet<string> = new Set(['new', 'update', 'destroy']);

type Tuples = Partial<Record<'tuple' | 'mask' | 'master', Partial<Tuple>>>;

/** Fills one tuple from an element of layer 3 or 4; answers the element that is wrong. */
function fill(tuple: Partial<Tuple>, part: Element, family: Family | undefined): Element | undefined {
  for (const child of part.children) {
    const number = NUMBERS[child.name];
    if (number !== undefined) {
      const value = readNumber(child.text, number[1]);
      if (value < 0) return child;
      tuple[number[0]] = value;
    } else if (child.name === 'src' || child.name === 'dst') {
      const address = parseAddress(child.text);
      if (address === undefined || address.family !== family) return child;
      tuple[child.name] = formatAddress(address);
    } else if (child.name === 'srckey' || child.name === 'dstkey') {
      const value = /^0x[\da-f]{1,4}$/.test(child.text) ? Number(child.text) : -1;
      if (value < 0) return child;
      tuple[child.name] = value;
    }
  }
  return undefined;
}

/** Reads a `<flow>` of `<expect>`: `conntrack -L expect -o xml` and `-E expect -o xml`. */
export const readExpectationXml =
  (options: LineOptions) =>
  (_line: string, root: Element): StringRecord<Expectation> | LineFault => {
    const layer3 = root.children.find(child => child.name === 'layer3');
    const layer4 = root.children.find(child => child.name === 'layer4');
    const family = FAMILIES[layer3?.attributes.protonum ?? ''];
    const protonum = readNumber(layer4?.attributes.protonum, 255);
    if (family === undefined || protonum < 0)
      return new LineFault('PROTOCOL_EXPECTED', root.at, 'layer3 and layer4 with their protonum');
    const tuples: Tuples = {};
    for (const layer of [layer3!, layer4!])
      for (const part of layer.children) {
        const name = PARTS[part.name];
        if (name === undefined) return new LineFault('ELEMENT_EXPECTED', part.at, 'expected, mask or master');
        tuples[name] ??= {};
        const wrong = fill(tuples[name], part, layer === layer3 ? family : undefined);
        if (wrong !== undefined)
          return new LineFault('NUMBER_EXPECTED', wrong.at, `the ${wrong.name} of an expectation`);
      }
    const { tuple, mask, master } = tuples;
    if (
      [tuple ?? {}, mask, master].some(each => each !== undefined && (each.src === undefined || each.dst === undefined))
    )
      return new LineFault('TUPLE_EXPECTED', root.at, 'src and dst of expected, mask and master');
    const record: Expectation = { family, protocol: protocolOf(protonum).name, protonum, tuple: tuple as Tuple };
    if (mask !== undefined) record.mask = mask as Tuple;
    if (master !== undefined) record.master = master as Tuple;
    let time: string | undefined;
    for (const child of root.children.find(element => element.name === 'meta')?.children ?? []) {
      const own = OWN[child.name];
      const value = own === undefined ? 0 : readNumber(child.text, own[1]);
      if (value < 0) return new LineFault('NUMBER_EXPECTED', child.at, `a number as ${child.name}`);
      if (own !== undefined) record[own[0]] = value;
      else if (child.name === 'helper-name') record.helper = child.text;
      else if (child.name === 'when') {
        time = timeOfWhen(child, options.timeZone ?? 'local');
        if (time === undefined) return new LineFault('NUMBER_EXPECTED', child.at, WHEN);
      }
    }
    const type = root.attributes.type;
    const event = type !== undefined && EVENTS.has(type) ? (type as FlowEventType) : undefined;
    if (event === undefined && time !== undefined) record.time = time;
    return { record, event, time };
  };
