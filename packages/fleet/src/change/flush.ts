import { ALL } from '@conntrack/filter';
import { type FlushResult, TableError, type TableFlushScope } from '@conntrack/flow/table';
import { askEach, hasValue } from '../ask/ask-each.js';
import { missingText } from '../ask/report.js';
import type { FleetOptions } from '../fleet-options.js';
import type { Nodes } from '../nodes.js';

/**
 * Flushes each node. All nodes must answer before the first one is flushed, except as many as `allowMissing` says.
 *
 * @returns the counts of the nodes that deleted flows one by one; `undefined` if no node did
 * @throws TableError SOURCE_FAILED if nodes are missing; STOPPED if some were not flushed, with those that were
 */
export async function flushAll(
  nodes: Nodes,
  scope: TableFlushScope,
  { allowMissing = 0, first }: FleetOptions,
  signal: AbortSignal | undefined,
): Promise<FlushResult | undefined> {
  const found = await nodes.each(nodes.targets([ALL]), signal, ({ member }, own) =>
    member.table.capabilities({ signal: own }),
  );
  const missing = nodes.report.meta();
  if (missing.silent.length + missing.failed.length > allowMissing)
    throw new TableError('SOURCE_FAILED', `${missingText(missing)}; nothing was flushed. All nodes must answer first`);
  const members = found.map(({ target }) => target.member).slice(0, first);
  const answers = await askEach(members, nodes.asking(signal), (member, own) =>
    member.table.flush(scope, { signal: own }),
  );
  const values = answers.filter(hasValue);
  if (values.length < members.length)
    throw new TableError(
      'STOPPED',
      `${values.length} of ${members.length} nodes were flushed; ${missingText(nodes.report.meta())}`,
    );
  const counted = values.flatMap(({ value }) => value ?? []);
  const sum = (name: keyof FlushResult): number => counted.reduce((total, each) => total + each[name], 0);
  return counted.length === 0
    ? undefined
    : {
        matched: sum('matched'),
        changed: sum('changed'),
        gone: sum('gone'),
        failed: sum('failed'),
        skipped: sum('skipped'),
      };
}
