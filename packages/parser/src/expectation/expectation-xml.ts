import type { Expectation } from '@conntrack/flow';
import { Fault, fail } from '../core/error.js';
import { eventOf } from '../core/event-type.js';
import { timeOfWhen, WHEN } from '../core/local-time.js';
import type { LineOptions } from '../core/options.js';
import type { Element } from '../xml/element-tree.js';
import type { ReadElement } from '../xml/xml-reader.js';
import { readExpectationLine } from './read-expectation.js';

/** The tuples of an expectation in the order of a line, with the prefix of their address keys. */
const PREFIXES = [
  ['expected', ''],
  ['mask', 'mask-'],
  ['master', 'master-'],
] as const;

const find = (parent: Element | undefined, name: string): Element | undefined =>
  parent?.children.find(child => child.name === name);
const pairs = (parent: Element | undefined, prefix: string): string =>
  parent?.children.map(({ name, text }) => ` ${prefix}${name}=${text.replace(/\s/g, '?')}`).join('') ?? '';

/** Turns a fault of the made-up line into a fault of the element. */
function within<T>(root: Element, read: () => T): T {
  try {
    return read();
  } catch (fault) {
    if (fault instanceof Fault) fault.at = root.at;
    throw fault;
  }
}

/**
 * Reads a `<flow>` of `<expect>` (`conntrack -L expect -o xml`, `-E expect -o xml`), by making the line that conntrack(8) prints without
 * `-o xml`.
 */
export const readExpectationXml =
  (options: LineOptions): ReadElement<Expectation> =>
  (_line, root) => {
    const layer3 = find(root, 'layer3');
    const layer4 = find(root, 'layer4');
    const meta = find(root, 'meta');
    let line = `${find(meta, 'timeout')?.text ?? '-'} proto=${layer4?.attributes.protonum}`;
    for (const [name, prefix] of PREFIXES) line += pairs(find(layer3, name), prefix) + pairs(find(layer4, name), '');
    for (const name of ['zone', 'class', 'helper-name']) {
      const text = find(meta, name)?.text;
      if (text !== undefined) line += ` ${name.replace('-name', '')}=${text.replace(/\s/g, '?')}`;
    }
    const when = find(meta, 'when');
    const time = when && timeOfWhen(when.children, options.timeZone ?? 'local');
    if (when !== undefined && time === undefined) fail('ELEMENT_EXPECTED', when.at, WHEN);
    const record = within(root, () => readExpectationLine(line, 0, options));
    const event = eventOf(root.attributes.type);
    if (event === undefined && time !== undefined) record.time = time;
    return { record, event, time };
  };
