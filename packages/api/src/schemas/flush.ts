import { z } from '@hono/zod-openapi';
import { counter, u16, u32 } from './scalars.js';

/** The body of `POST /conntrack/flush`. */
export const FlushSchema = z
  .strictObject({
    confirm: z.literal('flush', 'must be "flush": all matching entries are deleted, without a limit').openapi({
      description: 'Must be `flush`, to confirm that all matching entries are to be deleted',
    }),
    expect: counter.optional().openapi({
      description: 'The number of flows that must exist in the scope. If the number is different, nothing is flushed',
    }),
    family: z.enum(['ipv4', 'ipv6']).optional().openapi({ description: 'Only entries of this address family' }),
    zone: u16().optional().openapi({ description: 'Only entries of this zone' }),
    mark: u32().optional().openapi({ description: 'Only entries with this mark, in the bits of `markMask`' }),
    markMask: u32().optional().openapi({ description: 'Bits of the mark to compare. Default: all' }),
  })
  .refine(body => body.markMask === undefined || body.mark !== undefined, {
    path: ['markMask'],
    message: 'a mask requires its value: mark is missing',
  })
  .refine(body => body.markMask !== 0, {
    path: ['markMask'],
    message: 'a mask of 0 matches every mark. To flush everything, omit mark and markMask',
  })
  .openapi('Flush', { description: 'A flush of the table, or of a part of it', example: { confirm: 'flush' } });
