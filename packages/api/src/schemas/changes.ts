import { checkKey, encodeKey } from '@conntrack/flow';
import { type ListedChange, upsertFault } from '@conntrack/table';
import { z } from '@hono/zod-openapi';
import { bodyProblem, checkJson, requireType, withBody } from '../http/body/body.js';
import { bodyFaults, WITH_VALUES } from '../http/body/body-faults.js';
import type { Ctx } from '../http/context.js';
import { MAX_FAULTS } from '../http/problem/faults.js';
import type { Fault } from '../http/problem/problems.js';
import { timeSlices } from '../http/time-slice.js';
import { ChangeBody, ChangeSchema } from './change.js';
import { NewFlowBody, NewFlowSchema } from './new-flow.js';
import { counter } from './scalars.js';

/** Maximum number of changes in a list. */
export const MAX_CHANGES = 1000;
/** The media types of a list of changes. */
export const CHANGES_TYPES = ['application/json'];

function isKey(text: string): boolean {
  try {
    checkKey(text);
    return true;
  } catch {
    return false;
  }
}

const key = z.string().max(164).refine(isKey, 'must be the key of a flow, from a response of this API').openapi({
  description: 'The key of the flow',
  example: 'ct1.AQAAAgbAqAEKXbjYIsgiAbvK_rq-',
});

const Item = z
  .union([
    z.strictObject({ op: z.literal('delete').openapi({ description: 'Deletes a flow' }), key }),
    z.strictObject({
      op: z.literal('update').openapi({ description: 'Changes a flow' }),
      key,
      change: ChangeSchema.openapi({ description: 'The members to change' }),
    }),
    z.strictObject({
      op: z.literal('create').openapi({ description: 'Creates a flow' }),
      flow: NewFlowSchema.openapi({ description: 'The flow to create' }),
    }),
    z.strictObject({
      op: z.literal('upsert').openapi({ description: 'Creates a flow, or changes it if it exists' }),
      flow: NewFlowSchema.openapi({ description: 'The flow that must exist afterwards' }),
    }),
  ])
  .openapi('ListedChange', { description: 'A change of one flow' });

const shape = {
  dryRun: z.boolean().optional().openapi({
    description:
      'Change nothing: the outcomes show what would happen. Each change is checked as if the others were not made',
  }),
};

/** The body of `POST /conntrack/changes`. */
export const ChangesSchema = z
  .strictObject({
    changes: z
      .array(Item)
      .min(1)
      .max(MAX_CHANGES)
      .openapi({ description: 'The changes, in the order in which they are made. Each flow may occur once' }),
    ...shape,
  })
  .openapi('Changes', {
    description: 'A list of changes',
    example: {
      changes: [
        { op: 'delete', key: 'ct1.AQAAAgbAqAEKXbjYIsgiAbvK_rq-' },
        {
          op: 'upsert',
          flow: {
            protocol: 'udp',
            original: { src: '192.0.2.10', dst: '198.51.100.7', sport: 40000, dport: 53 },
            timeout: 60,
            mark: 16,
          },
        },
      ],
    },
  });

/** The list without its items. Items are parsed one by one, because a thousand at once would block other requests. */
const List = z.strictObject({
  changes: z
    .array(z.unknown())
    .min(1, 'at least one change is required')
    .max(MAX_CHANGES, `at most ${MAX_CHANGES} changes are allowed`),
  ...shape,
});

/** Schemas of a change by `op`. A union would not report the faults of the right one, only that none matches. */
const ITEMS: Readonly<Record<string, z.ZodType<ListedChange>>> = {
  delete: z.strictObject({ op: z.literal('delete'), key }),
  update: z.strictObject({ op: z.literal('update'), key, change: ChangeBody }),
  create: z.strictObject({ op: z.literal('create'), flow: NewFlowBody }),
  upsert: z.strictObject({
    op: z.literal('upsert'),
    flow: NewFlowBody.superRefine((flow, context) => {
      const fault = upsertFault(flow);
      if (fault) context.addIssue({ code: 'custom', path: [fault.member], message: fault.message });
    }),
  }),
};

/** The flow that a change is about. Two changes of a list must not be about the same flow. */
const targetOf = (change: ListedChange): string =>
  'key' in change ? change.key : encodeKey({ ...change.flow, id: 0 });

function readItem(value: unknown, at: PropertyKey[]): { item?: ListedChange; faults: Fault[]; more: number } {
  const op = typeof value === 'object' && value !== null ? (value as { op?: unknown }).op : undefined;
  const schema = typeof op === 'string' && Object.hasOwn(ITEMS, op) ? ITEMS[op] : undefined;
  if (schema === undefined) {
    const message = 'op must be delete, update, create or upsert';
    return { faults: [{ code: 'invalid', message, pointer: `/${[...at, 'op'].join('/')}` }], more: 0 };
  }
  const result = schema.safeParse(value, WITH_VALUES);
  return result.success ? { item: result.data, faults: [], more: 0 } : bodyFaults(result.error, at);
}

/** Parses a list of changes. @throws Problem with the faults of all changes */
export function readChanges(c: Ctx): Promise<{ changes: ListedChange[]; dryRun: boolean }> {
  requireType(c, CHANGES_TYPES);
  return withBody(c, readList);
}

async function readList(text: string): Promise<{ changes: ListedChange[]; dryRun: boolean }> {
  const { data, faults, more: unnamed } = checkJson(text, List);
  if (data === undefined) throw bodyProblem(faults, [], unnamed);
  const changes: ListedChange[] = [];
  const targets = new Map<string, number>();
  const pause = timeSlices();
  let more = 0;
  for (const [i, value] of data.changes.entries()) {
    await pause();
    const read = readItem(value, ['changes', i]);
    if (read.item !== undefined) {
      const target = targetOf(read.item);
      const first = targets.get(target);
      if (first === undefined) targets.set(target, i);
      else
        read.faults.push({
          code: 'duplicate',
          message: `/changes/${first} already changes this flow`,
          pointer: `/changes/${i}`,
        });
      changes.push(read.item);
    }
    const room = Math.max(0, MAX_FAULTS - faults.length);
    faults.push(...read.faults.slice(0, room));
    more += read.more + read.faults.length - Math.min(room, read.faults.length);
  }
  if (faults.length > 0) throw bodyProblem(faults, [], more);
  return { changes, dryRun: data.dryRun ?? false };
}

/** Possible outcomes of a change in a list. */
export const OUTCOMES = ['done', 'ready', 'gone', 'replaced', 'exists', 'protected', 'failed'] as const;

/** The outcomes of a list of changes. */
export const ChangedSchema = z
  .object({
    dryRun: z.boolean().openapi({ description: 'Whether nothing was changed because `dryRun` was requested' }),
    counts: z
      .object(
        Object.fromEntries(
          OUTCOMES.map(name => [
            name,
            counter.openapi({ description: `Number of changes with the outcome \`${name}\`` }),
          ]),
        ) as Record<(typeof OUTCOMES)[number], typeof counter>,
      )
      .openapi({ description: 'Number of changes with each outcome' }),
    results: z
      .array(
        z.object({
          op: z.enum(['delete', 'update', 'create', 'upsert']).openapi({ description: 'The kind of change' }),
          outcome: z.enum(OUTCOMES).openapi({
            description:
              '`done`: the change was made. `ready`: it would be made (dry run). `gone`: the connection has ended. `replaced`: it has ended, and another connection has its tuple. `exists`: an entry with the tuple of the new flow exists. `protected`: the flow matches the `protect` filter, or is the caller’s own connection. `failed`: see `code` and `detail`',
          }),
          key: z
            .string()
            .optional()
            .openapi({ description: 'The key of the flow that was changed or created, or of the existing flow' }),
          created: z
            .boolean()
            .optional()
            .openapi({ description: 'Whether an upsert created the flow (true) or changed it (false)' }),
          code: z.string().optional().openapi({ description: 'Why the change was not made: a problem code' }),
          detail: z.string().optional().openapi({ description: 'Why the change was not made, in words' }),
          warnings: z
            .array(z.string())
            .optional()
            .openapi({ description: 'What the kernel dropped of a created flow, one sentence each' }),
        }),
      )
      .openapi({ description: 'The outcome of each change, in the order of the list' }),
  })
  .openapi('Changed', { description: 'The outcomes of a list of changes' });
