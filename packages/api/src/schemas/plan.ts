import type { FlowChange } from '@conntrack/flow';
import { z } from '@hono/zod-openapi';
import { DeletedSchema, PlanHandleSchema, UpdatedSchema } from './answers.js';
import { ChangeBody, ChangeSchema } from './change.js';
import { FilterSchema } from './filter-body.js';
import { FlowSchema } from './flow.js';
import { counter } from './scalars.js';

/** Filters that one plan may have: they ride on one scan, and each row is compared with all of them. */
const MAX_FILTERS = 1000;

const shape = {
  filter: FilterSchema.optional().openapi({ description: 'Which flows; this or `filters`' }),
  filters: z
    .array(FilterSchema)
    .min(1)
    .max(MAX_FILTERS)
    .optional()
    .openapi({ description: 'Any of them, found in one scan; each is counted' }),
  change: z.union([z.literal('delete'), ChangeSchema]).openapi({ description: '`"delete"`, or the members to change' }),
  maxAffected: counter.optional().openapi({ description: 'When more flows match, the plan is refused' }),
  expect: counter.optional().openapi({
    description:
      'When another number of flows would be changed, the plan is refused; flows that are spared do not count',
  }),
  tolerance: counter.optional().openapi({ description: 'How far from `expect` is still right' }),
  strict: z.boolean().optional().openapi({
    description:
      'Look at each flow again just before its turn, and skip it when another connection took its place: another start time or mark, lower counters, ASSURED or SEEN_REPLY lost',
  }),
};

/** The body of `POST /conntrack/plans`. */
export const NewPlanSchema = z.strictObject(shape).openapi('NewPlan', {
  example: { filters: ['dst == 10.96.0.10 and proto == udp'], change: 'delete', maxAffected: 500 },
});

/** `"delete"`, or a change with each of its faults in its place: a union would say no more than that neither fits. */
const ChangeOrDelete = z.unknown().transform((value, context): 'delete' | FlowChange => {
  if (value === 'delete') return value;
  const result = ChangeBody.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues)
    if (issue.code === 'unrecognized_keys')
      for (const key of issue.keys)
        context.addIssue({ code: 'custom', path: [key], message: `unknown member '${key}'` });
    else
      context.addIssue({
        code: 'custom',
        path: [...issue.path],
        message: issue.path.length === 0 && typeof value !== 'object' ? 'it is "delete", or an object' : issue.message,
      });
  return z.NEVER;
});

/** The same, checked as a whole, and with the change as the table takes it. */
export const NewPlanBody = z
  .strictObject({ ...shape, change: ChangeOrDelete })
  .refine(body => (body.filter === undefined) !== (body.filters === undefined), {
    path: ['filter'],
    message: 'filter or filters is needed, and not both',
  })
  .refine(body => body.tolerance === undefined || body.expect !== undefined, {
    path: ['tolerance'],
    message: 'a tolerance needs its expect',
  });

/** A plan: what would be changed. */
export const PlanSchema = z
  .object({
    ...PlanHandleSchema.shape,
    change: z.union([z.literal('delete'), ChangeSchema]),
    count: counter.openapi({ description: 'Flows that it would touch' }),
    matched: counter.openapi({ description: 'Flows that match, those spared included' }),
    skipped: counter,
    skips: z.array(z.object({ reason: z.string(), count: counter })).openapi({ description: 'Why flows are spared' }),
    breakdown: z.record(z.string(), counter).openapi({ example: { 'tcp ESTABLISHED': 12, udp: 3 } }),
    sample: z.array(FlowSchema).openapi({ description: 'Up to 100 of the flows' }),
    filters: z
      .array(z.object({ filter: z.string(), matched: counter }))
      .openapi({ description: 'Each filter in canonical form, with how many flows match it' }),
  })
  .openapi('Plan');

const outcome = {
  matched: counter,
  deleted: counter.optional(),
  updated: counter.optional(),
  gone: counter,
  failed: counter,
  skipped: counter,
  untried: counter.openapi({ description: 'Flows whose turn has not come' }),
  failures: z.array(z.object({ reason: z.string(), count: counter })),
  warnings: z.array(z.string()),
};

/** What is known of a plan. */
export const PlanRecordSchema = z
  .object({
    id: z.string(),
    state: z.enum(['ready', 'refused', 'running', 'done', 'stopped', 'failed', 'expired']).openapi({
      description: '`stopped`: the server stopped in the middle. `failed`: the table gave an error in the middle',
    }),
    change: z.union([z.literal('delete'), ChangeSchema]),
    count: counter,
    matched: counter,
    skipped: counter,
    filters: z.array(z.object({ filter: z.string(), matched: counter })),
    expires: z.iso.datetime(),
    started: z.iso.datetime().optional().openapi({ description: 'When its execution began' }),
    ended: z.iso.datetime().optional().openapi({ description: 'When its execution ended, or it expired' }),
    result: z.object(outcome).optional().openapi({ description: 'What its execution has done so far' }),
    problem: z.object({ code: z.string(), detail: z.string() }).optional().openapi({
      description: 'Why it was refused, or its execution stopped or failed',
    }),
  })
  .openapi('PlanRecord');

/** What an execution came to: `deleted` or `updated`, as the change was. */
export const ExecutedSchema = z.union([DeletedSchema, UpdatedSchema]).openapi('Executed');
