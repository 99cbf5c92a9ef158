import { type ListedChange, type ListedOutcome, upsertChange } from '@conntrack/table';
import { requireScope } from '../auth/authenticate.js';
import { requireChange } from '../auth/scopes-of-change.js';
import { bodyAlone } from '../http/body/body.js';
import { json } from '../http/context.js';
import { ownConnection } from '../http/guard/own-connection.js';
import { problemOf } from '../http/problem/problem-of.js';
import { Problem } from '../http/problem/problems.js';
import { CHANGES_TYPES, ChangedSchema, ChangesSchema, MAX_CHANGES, OUTCOMES, readChanges } from '../schemas/changes.js';
import { AUDITED } from './bulk-outcome.js';
import type { Exchange, Operation } from './operation.js';

/** Checks the scopes for a change. @throws Problem `scope-missing` */
function requireListed({ principal }: Exchange, change: ListedChange): void {
  if (change.op === 'delete') requireChange(principal, 'delete');
  else if (change.op === 'update') requireChange(principal, change.change);
  else {
    requireScope(principal, 'flows:create');
    if (change.op === 'upsert') requireChange(principal, upsertChange(change.flow));
  }
}

/** Counts how often each name occurs. */
function countBy<Name extends string>(names: readonly Name[], all: Iterable<Name>): Record<Name, number> {
  const counts = Object.fromEntries(names.map(name => [name, 0])) as Record<Name, number>;
  for (const name of all) counts[name]++;
  return counts;
}

const OPS = ['delete', 'update', 'create', 'upsert'] as const;
function resultOf({ op }: ListedChange, { error, ...outcome }: ListedOutcome): object {
  if (error === undefined) return { op, ...outcome };
  const { code, message } = problemOf(error);
  return { op, ...outcome, code, detail: message };
}

/** The outcomes so far, as the response contains them. */
const answerOf = (changes: readonly ListedChange[], done: readonly ListedOutcome[], dryRun: boolean) => ({
  dryRun,
  counts: countBy(
    OUTCOMES,
    done.map(({ outcome }) => outcome),
  ),
  results: done.map((outcome, i) => resultOf(changes[i]!, outcome)),
});

/** The part of the audit lines: the number of changes of each kind, and the first flows. */
function auditOf(changes: readonly ListedChange[], dryRun: boolean): Readonly<Record<string, unknown>> {
  const flows = changes.slice(0, AUDITED).map(change => ('key' in change ? change.key : change.flow.original));
  return {
    count: changes.length,
    ops: countBy(
      OPS,
      changes.map(({ op }) => op),
    ),
    flows,
    ...(dryRun && { dryRun }),
  };
}

/** Makes the changes. They continue if the client disconnects. */
async function changeAll(exchange: Exchange, changes: readonly ListedChange[], dryRun: boolean): Promise<Response> {
  const { table, c, audit } = exchange;
  const skip = ownConnection(c);
  const done: ListedOutcome[] = [];
  try {
    const signal = dryRun ? exchange.signal : exchange.stopping;
    for await (const outcome of table.changeEach(changes, { dryRun, signal, ...(skip && { skip }) }))
      done.push(outcome);
  } catch (error) {
    if (done.length === 0 || dryRun) throw error;
    const { code, message, headers } = problemOf(error);
    const detail = `${message}; ${changes.length - done.length} of ${changes.length} changes were not attempted`;
    throw new Problem(code, detail, { result: answerOf(changes, done, dryRun) }, headers, error);
  } finally {
    audit({ counts: answerOf(changes, done, dryRun).counts });
  }
  return json(answerOf(changes, done, dryRun));
}

export const changeListed: Operation = {
  id: 'changeFlows',
  method: 'post',
  path: '/conntrack/changes',
  summary: 'Change a list of flows',
  description: `Deletes, updates, creates and upserts single flows: up to ${MAX_CHANGES} changes, one after the other, in the given order. Each change has its own outcome in the response, and a failed change does not stop the others. The status is 200 whatever the outcomes are. An \`upsert\` creates a flow. If the connection exists (both tuples are equal), it sets its timeout and the given mark, status, labels and state instead. Each change needs the scope of its kind (an upsert needs \`flows:create\` and \`flows:update\`); if a scope is missing, nothing is changed. Each change costs a few kernel operations; the table is not scanned.`,
  tag: 'flows',
  access: ['flows:delete', 'flows:update', 'flows:create'],
  mutation: true,
  intends: true,
  parameters: {},
  body: { types: CHANGES_TYPES, schema: ChangesSchema },
  answers: {
    200: {
      description: 'The outcome of each change, in the order of the request',
      content: { 'application/json': ChangedSchema },
    },
  },
  problems: ['too-many-affected', 'not-privileged', 'source-failed', 'source-unusable'],
  async handle(exchange) {
    const { c, raw, audit, limits } = exchange;
    const { changes, dryRun } = await bodyAlone(raw, () => readChanges(c));
    audit(auditOf(changes, dryRun));
    for (const change of changes) requireListed(exchange, change);
    if (changes.length > limits.maxAffected)
      throw new Problem(
        'too-many-affected',
        `this server changes at most ${limits.maxAffected} flows in one request, not ${changes.length}; nothing was changed`,
      );
    if (!dryRun) exchange.intend();
    return changeAll(exchange, changes, dryRun);
  },
};
