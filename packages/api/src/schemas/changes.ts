import { decodeKey, encodeKey } from '@conntrack/flow';
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

/** Changes that one list may have. */
export const MAX_CHANGES = 1000;
/** The media types of a list of changes. */
export const CHANGES_TYPES = ['application/json'];

function isKey(text: string): boolean {
  try {
    decodeKey(text);
    return true;
  } catch {
    return false;
  }
}

const key = z.string().max(100).refine(isKey, 'not a flow key').openapi({
  description: 'The `key` of the flow',
  example: 'ct1.AQAAAgbAqAEKXbjYIsgiAbvK_rq-',
});

const Item = z
  .union([
    z.strictObject({ op: z.literal('delete'), key }),
    z.strictObject({ op: z.literal('update'), key, change: ChangeSchema }),
    z.strictObject({ op: z.literal('create'), flow: NewFlowSchema }),
    z.strictObject({ op: z.literal('upsert'), flow: NewFlowSchema }),
  ])
  .openapi('ListedChange');

const shape = {
  dryRun: z.boolean().optional().openapi({
    description: 'Look at each flow, and change nothing. Each change is looked at as if the others were not made',
  }),
};

/** The body of `POST /conntrack/changes`. */
export const ChangesSchema = z
  .strictObject({ changes: z.array(Item).min(1).max(MAX_CHANGES), ...shape })
  .openapi('Changes', {
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

/** The list as a whole. Its items are read one by one: a thousand of them take longer than others should wait. */
const List = z.strictObject({
  changes: z
    .array(z.unknown())
    .min(1, 'at least one change is required')
    .max(MAX_CHANGES, `at most ${MAX_CHANGES} changes`),
  ...shape,
});

/** One change as it is read. Each kind by itself: a union would say no more than that none fits. */
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

/** What two changes of a list must not share: the one would hit what the other left. */
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

/** Reads a list of changes. @throws Problem with the faults of all of them */
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

/** What can become of one change of a list. */
export const OUTCOMES = ['done', 'ready', 'gone', 'replaced', 'exists', 'protected', 'failed'] as const;

/** What became of a list of changes. */
export const ChangedSchema = z
  .object({
    dryRun: z.boolean(),
    counts: z
      .object(
        Object.fromEntries(OUTCOMES.map(name => [name, counter])) as Record<(typeof OUTCOMES)[number], typeof counter>,
      )
      .openapi({ description: 'How many changes had each outcome' }),
    results: z
      .array(
        z.object({
          op: z.enum(['delete', 'update', 'create', 'upsert']),
          outcome: z.enum(OUTCOMES).openapi({
            description:
              '`ready`: it would be done (of a dry run). `gone`: the connection has ended. `replaced`: it has ended, and another connection has its tuple. `exists`: another entry has the tuple of a flow to be made. `protected`: it was left alone, by the protect filter or because the request came by it. `failed`: see code and detail',
          }),
          key: z.string().optional().openapi({ description: 'The flow that was meant, was made, or is in the way' }),
          created: z.boolean().optional().openapi({ description: 'Of an upsert: the flow was made, and not changed' }),
          code: z.string().optional().openapi({ description: 'Why it was not done: a problem code' }),
          detail: z.string().optional(),
          warnings: z
            .array(z.string())
            .optional()
            .openapi({ description: 'What the table dropped of a flow that was made' }),
        }),
      )
      .openapi({ description: 'The outcome of each change, in the order of the list' }),
  })
  .openapi('Changed');
