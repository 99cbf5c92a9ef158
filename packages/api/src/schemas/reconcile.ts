import { z } from '@hono/zod-openapi';
import { boundsShape, dryRunShape, MAX_FILTERS, toleranceOfExpect } from './bounds.js';
import { FilterSchema } from './filter-body.js';

/** The body of `POST /conntrack/reconcile`. */
export const ReconcileSchema = z
  .strictObject({
    scope: FilterSchema.openapi({
      description: 'The flows that the caller manages. All others are not touched. A predicate is required',
    }),
    keep: z.array(FilterSchema).max(MAX_FILTERS).openapi({
      description:
        'The flows in the scope to keep: those that match any of these filters. With an empty list, all flows in the scope are deleted',
    }),
    ...boundsShape,
    ...dryRunShape,
  })
  .refine(...toleranceOfExpect)
  .openapi('Reconcile', {
    description: 'The flows that should exist',
    example: { scope: 'dst == 198.51.100.7 and proto == tcp', keep: ['src == 10.0.0.0/24', 'src == 10.0.1.7'] },
  });
