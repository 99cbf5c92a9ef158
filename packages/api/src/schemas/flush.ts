import { z } from '@hono/zod-openapi';
import { counter, u16, u32 } from './scalars.js';

/** The body of `POST /conntrack/flush`. */
export const FlushSchema = z
  .strictObject({
    confirm: z.literal('flush', 'say "flush": everything meant is deleted, without a limit').openapi({
      description: 'The word that says it is meant',
    }),
    expect: counter.optional().openapi({ description: 'When another number of flows is there, nothing is flushed' }),
    family: z.enum(['ipv4', 'ipv6']).optional(),
    zone: u16().optional(),
    mark: u32().optional(),
    markMask: u32().optional().openapi({ description: 'Bits of the mark that are compared; all unless said' }),
  })
  .refine(body => body.markMask === undefined || body.mark !== undefined, {
    path: ['markMask'],
    message: 'a mask needs its value: mark is missing',
  })
  .refine(body => body.markMask !== 0, {
    path: ['markMask'],
    message: 'a mask of 0 lets every mark through: leave mark and markMask out to flush everything',
  })
  .openapi('Flush', { example: { confirm: 'flush' } });
