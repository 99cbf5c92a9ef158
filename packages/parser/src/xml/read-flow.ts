import { type ExtraToken, type Flow, stateName, TCP_STATES } from '@conntrack/flow';
import { fail } from '../core/error.js';
import { eventOf } from '../core/event-type.js';
import { nanosecondsText, timeOfWhen, WHEN } from '../core/local-time.js';
import type { ParseOptions } from '../core/options.js';
import { takeUserspace } from '../core/userspace.js';
import { wordTable } from '../core/word-table.js';
import { FlowLineReader } from '../line/flow-line-reader.js';
import {
  LAYER3,
  LAYER4,
  ORIGINAL_TUPLE,
  REPLY_TUPLE,
  REST,
  type Slot,
  STATE_COLUMN,
  TIMEOUT_COLUMN,
  TokenLine,
} from '../line/token-line.js';
import type { Element } from './element-tree.js';
import type { ReadElement } from './xml-reader.js';

/** Elements whose text is the value of a key of the same name on a line of `-L`. */
const PAIRS: ReadonlySet<string> = new Set([
  'src',
  'dst',
  'sport',
  'dport',
  'type',
  'code',
  'srckey',
  'dstkey',
  'packets',
  'bytes',
  'mark',
  'secmark',
  'secctx',
  'zone',
  'helper',
  'use',
  'id',
]);
const SLOTS = wordTable<Slot>({ original: ORIGINAL_TUPLE, reply: REPLY_TUPLE, independent: REST });
/** Elements that only contain other elements. */
const NESTS: ReadonlySet<string> = new Set(['layer3', 'layer4', 'counters']);

/**
 * Reads a state. conntrack(8) names the states of SCTP and DCCP by TCP's table, except in marked elements. The name is mapped back, except
 * if TCP's table does not have it.
 */
function stateOf(name: string, protonum: string | undefined, own: boolean): string {
  const number = (TCP_STATES as readonly string[]).indexOf(name);
  return own || number < 0 || (protonum !== '132' && protonum !== '33') ? name : stateName(Number(protonum), number);
}

/** Makes a reader of the `<flow>` elements of `-o xml`, dumps and events. */
export const readXml = (options: ParseOptions): ReadElement<Flow> => {
  const reader = new FlowLineReader(options);
  return (line, root, suffix) => {
    const tokens = new TokenLine();
    const extra: ExtraToken[] = [];
    const times: Pick<Flow, 'start' | 'stop'> = {};
    let labels: Flow['labels'];
    let protonum: string | undefined;
    let time: string | undefined;
    const walk = (parent: Element, slot: Slot, where: string): void => {
      for (const child of parent.children) {
        const { name, text, at, attributes, children } = child;
        const { direction = '' } = attributes;
        if (NESTS.has(name)) {
          if (name !== 'counters' && slot === ORIGINAL_TUPLE)
            tokens.add(name === 'layer3' ? LAYER3 : LAYER4, `${attributes.protoname} ${attributes.protonum}`, at);
          if (name === 'layer4') {
            if (protonum !== undefined && protonum !== attributes.protonum)
              fail('ELEMENT_EXPECTED', at, `protonum ${protonum}`);
            protonum = attributes.protonum;
          }
          walk(child, slot, where);
        } else if (name === 'state')
          tokens.add(STATE_COLUMN, stateOf(text, protonum, parent.attributes.states === 'own'), at);
        else if (name === 'timeout') tokens.add(TIMEOUT_COLUMN, text, at);
        else if (name === 'zone' && slot !== REST)
          tokens.add(slot, `zone-${slot === ORIGINAL_TUPLE ? 'orig' : 'reply'}=${text}`, at);
        else if (PAIRS.has(name)) tokens.add(slot, `${name}=${text}`, at);
        else if (name === 'deltatime') tokens.add(REST, `delta-time=${text}`, at);
        else if (name === 'assured' || name === 'unreplied') tokens.add(REST, `[${name.toUpperCase()}]`, at);
        else if (name === 'labels') labels = children.map(label => options.labelMap?.bit(label.text) ?? label.text);
        else if (name === 'timestamp') {
          for (const { name: which, text: nanoseconds } of children) {
            const stamp = nanosecondsText(nanoseconds);
            if (stamp === undefined || (which !== 'start' && which !== 'stop'))
              fail('ELEMENT_EXPECTED', at, 'start and stop in nanoseconds');
            times[which] = stamp;
          }
        } else if (name === 'when')
          time = timeOfWhen(children, options.timeZone ?? 'local') ?? fail('ELEMENT_EXPECTED', at, WHEN);
        else if (name === 'meta' && SLOTS[direction] !== undefined) walk(child, SLOTS[direction], direction);
        else extra.push({ text: line.slice(at, child.end), after: where });
      }
    };
    walk(root, REST, 'flow');
    const record = tokens.read(reader);
    // Up to version 1.4.8, events have `[USERSPACE] portid=…` after the element.
    const { rest: _, ...userspace } = takeUserspace(suffix);
    Object.assign(record, times, userspace, labels && { labels });
    if (extra.length > 0) record.extra = [...(record.extra ?? []), ...extra];
    // The XML does not contain ICMP's identifier, and without it there is no key.
    if (protonum === '1' || protonum === '58') delete record.key;
    return { record, event: eventOf(root.attributes.type), time };
  };
};
