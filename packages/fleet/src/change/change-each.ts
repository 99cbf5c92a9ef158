import { type FlowKeyError, nodeKey, splitNodeKey } from '@conntrack/flow';
import { type ListedChange, type ListedOutcome, TableError } from '@conntrack/flow/table';
import type { ChangeEachOptions } from '@conntrack/table';
import { askEach, hasValue } from '../ask/ask-each.js';
import type { Nodes } from '../nodes.js';

/** Maximum number of changes that are sent together. */
const MOST = 1000;

const keyOf = (change: ListedChange): { key?: string } => ('key' in change ? { key: change.key } : {});

const failed = (change: ListedChange, error: TableError): ListedOutcome => ({
  outcome: 'failed',
  ...keyOf(change),
  error,
});

/** Makes changes by key, those of one node together and different nodes at once. Yields the outcomes in order. */
export async function* changeEach(
  nodes: Nodes,
  changes: Iterable<ListedChange>,
  options: ChangeEachOptions,
): AsyncGenerator<ListedOutcome> {
  const batch: ListedChange[] = [];
  for (const change of changes) if (batch.push(change) === MOST) yield* sendBatch(nodes, batch.splice(0), options);
  if (batch.length > 0) yield* sendBatch(nodes, batch, options);
}

async function* sendBatch(
  nodes: Nodes,
  batch: readonly ListedChange[],
  { signal, ...options }: ChangeEachOptions,
): AsyncGenerator<ListedOutcome> {
  const outcomes: ListedOutcome[] = [];
  const byNode = new Map<string, { place: number; change: ListedChange }[]>();
  for (const [place, change] of batch.entries()) {
    const { node, key } = 'key' in change ? splitNodeKey(change.key) : {};
    if (node === undefined || key === undefined) outcomes[place] = failed(change, unsendable(change));
    else byNode.set(node, [...(byNode.get(node) ?? []), { place, change: { ...change, key } as ListedChange }]);
  }
  const members = nodes.members().filter(({ id }) => byNode.has(id));
  const answers = await askEach(members, nodes.asking(signal), async (member, own) => {
    const made: ListedOutcome[] = [];
    const sent = byNode.get(member.id)!.map(({ change }) => change);
    try {
      for await (const outcome of member.table.changeEach(sent, { ...options, signal: own })) made.push(outcome);
      return { made };
    } catch (error) {
      // What was done before is known.
      return { made, error: error as TableError | FlowKeyError };
    }
  });
  const answered = new Map(answers.filter(hasValue).map(({ member, value }) => [member.id, value]));
  for (const [node, sent] of byNode) {
    const { made = [], error } = answered.get(node) ?? {};
    for (const [i, { place }] of sent.entries()) {
      const own = made[i];
      outcomes[place] =
        own === undefined
          ? failed(batch[place]!, unanswered(node, error))
          : { ...own, ...(own.key !== undefined && { key: nodeKey(node, own.key) }) };
    }
  }
  yield* outcomes;
}

function unsendable(change: ListedChange): TableError {
  return 'key' in change
    ? new TableError(
        'INVALID_CHANGE',
        "the key names no node of the fleet. Keys of a fleet begin with the node: 'gw-7.ct1.…'",
      )
    : new TableError('UNSUPPORTED', 'a fleet cannot choose the node of a new flow: create it on the node itself');
}

const unanswered = (node: string, error: Error | undefined): TableError =>
  error instanceof TableError
    ? error
    : new TableError('SOURCE_FAILED', `no answer from '${node}': it is unknown whether the change was made`, {
        cause: error,
      });
