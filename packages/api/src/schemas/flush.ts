import { z } from '@hono/zod-openapi';
import { counter, u16, u32 } from './scalars.js';

/** The body of `POST /conntrack/flush`. */
export const FlushSchema = z
  .strictObject({
    confirm: z.literal('flush', 'must be "flush": all matching entries are deleted, without a limit').openapi({
      description: 'The word that says it is meant',
    }),
    expect: counter.optional().openapi({ description: 'When another number of flows is there, nothing is flushed' }),
    family: z.enum(['ipv4', 'ipv6']).optional(),
    zone: u16().optional(),
    mark: u32().optional(),
    markMask: u32().optional().openapi({ description: 'Bits of the mark that are compared (default: all)' }),
  })
  .refine(body => body.markMask === undefined || body.mark !== undefined, {
    path: ['markMask'],
    message: 'a mask requires its value: mark is missing',
  })
  .refine(body => body.markMask !== 0, {
    path: ['markMask'],
    message: 'a mask of 0 matches every mark. To flush everything, omit mark and markMask',
  })
  .openapi('Flush', { example: { confirm: 'flush' } });
