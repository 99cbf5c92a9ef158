import { z } from '@hono/zod-openapi';
import { boundsShape, dryRunShape, filterShape, oneOrManyFilters, toleranceOfExpect } from './bounds.js';

/** Seconds of the longest deadline: the kernel's timeouts end there. */
const MAX_WITHIN = 0x7fffffff;

/** The body of `POST /conntrack/drain`. */
export const DrainSchema = z
  .strictObject({
    ...filterShape,
    within: z
      .number('within: a number of seconds is expected')
      .int('within: a whole number of seconds is expected')
      .min(1, 'within: at least 1 second; to end flows at once, delete them')
      .max(MAX_WITHIN)
      .openapi({ description: 'Seconds from the change: by then the flows are gone', example: 300 }),
    ...boundsShape,
    ...dryRunShape,
  })
  .refine(...oneOrManyFilters)
  .refine(...toleranceOfExpect)
  .openapi('Drain', { example: { filter: 'dst == 198.51.100.7', within: 300, maxAffected: 500 } });
