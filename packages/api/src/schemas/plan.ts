import type { FlowChange } from '@conntrack/flow';
import { z } from '@hono/zod-openapi';
import { faultOf, WITH_VALUES } from '../http/body/body-faults.js';
import { breakdown, DeletedSchema, fleet, PlanHandleSchema, reasonCounts, UpdatedSchema } from './answers.js';
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
  description: 'A change to preview',
  example: { filters: ['dst == 10.96.0.10 and proto == udp'], change: 'delete', maxAffected: 500 },
});

/** `"delete"`, or a change. A union would not report the faults of the change, only that neither matches. */
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

/** Parses the body of `POST /conntrack/plans`: also checks members against each other, and converts the change. */
export const NewPlanBody = z
  .strictObject({ ...shape, change: ChangeOrDelete })
  .refine(...oneOrManyFilters)
  .refine(...toleranceOfExpect);

const change = z
  .union([z.literal('delete'), ChangeSchema])
  .openapi({ description: '`"delete"`, or the members that the plan changes' });
const filters = z
  .array(
    z.object({
      filter: z.string().openapi({ description: 'A filter of the plan in canonical form' }),
      matched: counter.openapi({ description: 'Number of flows that match this filter' }),
    }),
  )
  .openapi({ description: 'The filters of the plan, with the number of flows that match each' });
const count = counter.openapi({ description: 'Number of flows that the plan would change' });
const matched = counter.openapi({ description: 'Number of flows that match, including skipped ones' });
const skipped = counter.openapi({
  description: 'Number of skipped flows: protected ones, and the caller’s own connection',
});

/** A plan: what would be changed. */
export const PlanSchema = z
  .object({
    ...PlanHandleSchema.shape,
    change,
    count,
    matched,
    skipped,
    skips: reasonCounts.openapi({ description: 'Why flows are skipped' }),
    breakdown,
    sample: z.array(FlowSchema).openapi({ description: 'Up to 100 of the flows that would be changed' }),
    filters,
    nodes: z
      .array(
        z.object({
          node: z.string().openapi({ description: 'The name of the node' }),
          count: counter.openapi({ description: 'Number of flows that the plan would change there' }),
        }),
      )
      .optional()
      .openapi({ description: 'The plan on each node of a fleet' }),
    fleet,
  })
  .openapi('Plan', { description: 'What a change would do. Nothing is changed until the plan is executed' });

const outcome = {
  matched,
  deleted: counter.optional().openapi({ description: 'Number of deleted flows. Present if the plan deletes' }),
  updated: counter.optional().openapi({ description: 'Number of changed flows. Present if the plan changes flows' }),
  gone: counter.openapi({
    description: 'Number of flows that ended, or were replaced by another connection, before they could be changed',
  }),
  failed: counter.openapi({ description: 'Number of flows that could not be changed: see `failures`' }),
  skipped,
  notAttempted: counter.openapi({ description: 'Number of flows that were not attempted yet' }),
  failures: reasonCounts.openapi({ description: 'Why flows could not be changed' }),
  warnings: z.array(z.string()).openapi({ description: 'Consequences to know about, one sentence each' }),
};

/** The state of a plan, and its outcome. */
export const PlanRecordSchema = z
  .object({
    id: z.string().openapi({ description: 'The plan’s id' }),
    state: z.enum(['ready', 'refused', 'running', 'done', 'stopped', 'failed', 'expired']).openapi({
      description:
        '`ready`: it can be executed. `refused`: it breaks `maxAffected` or `expect`. `running`, `done`: it was executed. `stopped`: the server stopped halfway. `failed`: the table failed halfway. `expired`: it was not executed in time',
    }),
    change,
    count,
    matched,
    skipped,
    filters,
    expires: z.iso.datetime().openapi({ description: 'When the plan expires (RFC 3339)' }),
    started: z.iso.datetime().optional().openapi({ description: 'When its execution started (RFC 3339)' }),
    ended: z.iso.datetime().optional().openapi({ description: 'When its execution ended, or it expired (RFC 3339)' }),
    result: z.object(outcome).optional().openapi({ description: 'The counts of its execution so far' }),
    problem: z
      .object({
        code: z.string().openapi({ description: 'A problem code' }),
        detail: z.string().openapi({ description: 'The reason, in words' }),
      })
      .optional()
      .openapi({ description: 'Why the plan was refused, or why its execution stopped or failed' }),
  })
  .openapi('PlanRecord', { description: 'The state of a plan, and its outcome' });

/** The outcome of an execution: it has `deleted` or `updated`, depending on the change. */
export const ExecutedSchema = z
  .union([DeletedSchema, UpdatedSchema])
  .openapi('Executed', { description: 'The outcome of an execution' });
