import { z } from '@hono/zod-openapi';
import { boundsShape, dryRunShape, filterShape, oneOrManyFilters, toleranceOfExpect } from './bounds.js';

/** The longest deadline in seconds: the kernel's maximum timeout. */
const MAX_WITHIN = 0x7fffffff;

/** The body of `POST /conntrack/drain`. */
export const DrainSchema = z
  .strictObject({
    ...filterShape,
    within: z
      .number('must be a number of seconds')
      .int('must be a whole number of seconds')
      .min(1, 'must be at least 1 second. To end flows at once, delete them')
      .max(MAX_WITHIN)
      .openapi({ description: 'Seconds until the flows have ended', example: 300 }),
    ...boundsShape,
    ...dryRunShape,
  })
  .refine(...oneOrManyFilters)
  .refine(...toleranceOfExpect)
  .openapi('Drain', {
    description: 'Flows to end by a deadline',
    example: { filter: 'dst == 198.51.100.7', within: 300, maxAffected: 500 },
  });
