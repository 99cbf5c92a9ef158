import { ALL, allOf, anyOf, type Filter, fieldsOf, negate, testsOf } from '@conntrack/filter';
import { compileFilter } from '@conntrack/filter/compile';
import { type Flow, FlowObjectCursor } from '@conntrack/flow';
import { TableError } from '@conntrack/flow/table';

const NOTHING = negate(ALL);

/** A flow of a node, for the tests of its name. No other member is read. */
const flowAt = (node: string): Flow => ({
  node,
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  original: { src: '', dst: '' },
  reply: { src: '', dst: '' },
});

const isNothing = (filter: Filter): boolean => filter.kind === 'not' && filter.term.kind === 'all';

/** Whether a filter tests the name of the node. */
export const testsNode = (filter: Filter): boolean => fieldsOf(filter).has('node');

/**
 * Returns the filter for one node: the part that is about the name of the node is decided here, and the node gets the rest. `undefined` if no
 * flow of this node can match: it is not asked.
 */
export function filterFor(node: string, filter: Filter): Filter | undefined {
  if (!testsNode(filter)) return filter;
  const cursor = new FlowObjectCursor(flowAt(node));
  const decided = (part: Filter): Filter => {
    switch (part.kind) {
      case 'test':
        return part.field !== 'node' ? part : compileFilter(part)(cursor) ? ALL : NOTHING;
      case 'not':
        return negate(decided(part.term));
      case 'and': {
        const terms = part.terms.map(decided);
        return terms.some(isNothing) ? NOTHING : allOf(terms);
      }
      case 'or':
        return anyOf(part.terms.map(decided).filter(term => !isNothing(term)));
      default:
        return part;
    }
  };
  const rest = decided(filter);
  return isNothing(rest) ? undefined : rest;
}

/** Refuses the name of a node that does not exist: an empty answer would look as if nothing matched. @throws TableError FIELD_UNAVAILABLE */
export function checkNodes(filter: Filter, nodes: ReadonlySet<string>): void {
  for (const { field, op, values } of testsOf(filter))
    for (const value of field === 'node' && op !== 'exists' ? values : [])
      if (value.type === 'text' && !nodes.has(value.text.toLowerCase()))
        throw new TableError(
          'FIELD_UNAVAILABLE',
          `no node '${value.text}' in this fleet. Nodes: ${shown([...nodes])}`,
          {
            field: 'node',
          },
        );
}

const SHOWN = 20;
const shown = (nodes: readonly string[]): string =>
  nodes.length === 0 ? 'none' : `${nodes.slice(0, SHOWN).join(', ')}${nodes.length > SHOWN ? ' …' : ''}`;
