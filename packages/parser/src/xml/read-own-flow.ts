import { type Flow, keyOf } from '@conntrack/flow';
import { fail } from '../core/error.js';
import { eventOf } from '../core/event-type.js';
import { nanosecondsText, timeOfWhen, WHEN } from '../core/local-time.js';
import type { ParseOptions } from '../core/options.js';
import type { StringRecord } from '../core/string-reader.js';
import { wordTable } from '../core/word-table.js';
import { checkedFlow } from '../ndjson/flow-json.js';
import { REST_ELEMENT } from './element-text.js';
import type { Element } from './element-tree.js';

/** Parses a number. Other text stays text, which no field accepts. */
const numberOf = (text: string): number | string =>
  /^(?:-?\d{1,16}|0x[\da-f]{1,4})$/.test(text) ? Number(text) : text;
const listOf = (text: string): string[] => (text === '' ? [] : text.split(' '));

type Fields = Record<string, unknown>;

/** Elements whose text becomes a text field of the same name. */
const TEXTS: ReadonlySet<string> = new Set(['src', 'dst', 'state', 'secctx', 'helper']);
const NUMBERS: ReadonlySet<string> = new Set([
  'sport',
  'dport',
  'type',
  'code',
  'id',
  'srckey',
  'dstkey',
  'zone',
  'packets',
  'bytes',
  'timeout',
  'mark',
  'secmark',
  'use',
]);
/** Elements that only contain other elements. */
const NESTS: ReadonlySet<string> = new Set(['layer3', 'layer4', 'counters', 'meta']);

/** Reads a `<flow>` that has everything of its flow, as `formatFlow` writes it with `whole`. */
export function readOwnXml(root: Element, options: ParseOptions): StringRecord<Flow> {
  const record: Fields = {};
  let rest: unknown;
  let time: string | undefined;
  const own = wordTable<(element: Element) => void>({
    labels: ({ children }) => {
      record.labels = children.map(({ text }) => (/^\d+$/.test(text) ? Number(text) : text));
    },
    status: ({ text }) => {
      record.status = listOf(text);
    },
    timestamp: ({ children, at }) => {
      for (const { name, text } of children)
        record[name] = nanosecondsText(text) ?? fail('ELEMENT_EXPECTED', at, 'start and stop in nanoseconds');
    },
    deltatime: ({ text }) => {
      record.deltaTime = numberOf(text);
    },
    when: ({ children, at }) => {
      time = timeOfWhen(children, options.timeZone ?? 'local') ?? fail('ELEMENT_EXPECTED', at, WHEN);
    },
    [REST_ELEMENT]: ({ text, at }) => {
      try {
        rest = JSON.parse(text);
      } catch {
        fail('ELEMENT_EXPECTED', at, 'JSON');
      }
    },
    assured: () => {},
    unreplied: () => {},
  });
  const walk = (parent: Element, into: Fields): void => {
    for (const child of parent.children) {
      const { name, text, attributes } = child;
      if (name === 'layer3') record.family = attributes.protoname;
      if (name === 'layer4') record.protonum = numberOf(attributes.protonum ?? '');
      const { direction } = attributes;
      if (name === 'meta' && (direction === 'original' || direction === 'reply')) {
        const tuple: Fields = {};
        record[direction] = tuple;
        walk(child, tuple);
      } else if (NESTS.has(name)) walk(child, into);
      else if (TEXTS.has(name)) into[name] = text;
      else if (NUMBERS.has(name)) into[name] = numberOf(text);
      else (own[name] ?? fail('ELEMENT_EXPECTED', child.at, 'an element that ctctl writes'))(child);
    }
  };
  walk(root, record);
  Object.assign(record, rest);
  const flow = checkedFlow(record, '');
  if (flow.id !== undefined) flow.key ??= keyOf(flow)!;
  return { record: flow, event: eventOf(root.attributes.type), time };
}
