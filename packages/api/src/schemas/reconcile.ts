import { z } from '@hono/zod-openapi';
import { boundsShape, dryRunShape, MAX_FILTERS, toleranceOfExpect } from './bounds.js';
import { FilterSchema } from './filter-body.js';

/** The body of `POST /conntrack/reconcile`. */
export const ReconcileSchema = z
  .strictObject({
    scope: FilterSchema.openapi({ description: 'Which flows are the caller’s business at all; it needs a predicate' }),
    keep: z
      .array(FilterSchema)
      .max(MAX_FILTERS)
      .openapi({ description: 'Which of them are right. With an empty list, all flows in the scope are deleted' }),
    ...boundsShape,
    ...dryRunShape,
  })
  .refine(...toleranceOfExpect)
  .openapi('Reconcile', {
    example: { scope: 'dst == 198.51.100.7 and proto == tcp', keep: ['src == 10.0.0.0/24', 'src == 10.0.1.7'] },
  });
