import type { FlowChange } from '@conntrack/flow';
import { z } from '@hono/zod-openapi';
import { faultOf, WITH_VALUES } from '../http/body/body-faults.js';
import { DeletedSchema, PlanHandleSchema, UpdatedSchema } from './answers.js';
import { boundsShape, filterShape, oneOrManyFilters, toleranceOfExpect } from './bounds.js';
import { ChangeBody, ChangeSchema } from './change.js';
import { FlowSchema } from './flow.js';
import { counter } from './scalars.js';

const shape = {
  ...filterShape,
  change: z.union([z.literal('delete'), ChangeSchema]).openapi({ description: '`"delete"`, or the members to change' }),
  ...boundsShape,
};

/** The body of `POST /conntrack/plans`. */
export const NewPlanSchema = z.strictObject(shape).openapi('NewPlan', {
  example: { filters: ['dst == 10.96.0.10 and proto == udp'], change: 'delete', maxAffected: 500 },
});

/** `"delete"`, or a change with each of its faults in its place: a union would say no more than that neither fits. */
const ChangeOrDelete = z.unknown().transform((value, context): 'delete' | FlowChange => {
  if (value === 'delete') return value;
  const result = ChangeBody.safeParse(value, WITH_VALUES);
  if (result.success) return result.data;
  for (const issue of result.error.issues)
    if (issue.code === 'unrecognized_keys')
      for (const key of issue.keys)
        context.addIssue({ code: 'custom', path: [key], message: `unknown member '${key}'` });
    else
      context.addIssue({
        code: 'custom',
        path: [...issue.path],
        message:
          issue.path.length === 0 && typeof value !== 'object'
            ? 'must be "delete" or an object'
            : faultOf(issue, []).message,
      });
  return z.NEVER;
});

/** The same, checked as a whole, and with the change as the table takes it. */
export const NewPlanBody = z
  .strictObject({ ...shape, change: ChangeOrDelete })
  .refine(...oneOrManyFilters)
  .refine(...toleranceOfExpect);

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
