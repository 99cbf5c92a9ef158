import { z } from '@hono/zod-openapi';
import { tupleShape } from './flow.js';
import { counter, u8, u16, u32 } from './scalars.js';

const tuple = z.object(tupleShape);

/** An expectation, as every answer has it. Answers may carry members of newer kernels. */
const ExpectationSchema = z
  .looseObject({
    key: z.string().optional().openapi({ description: 'Opaque handle, for DELETE' }),
    id: u32().optional(),
    family: z.enum(['ipv4', 'ipv6']),
    protocol: z.string().openapi({ example: 'tcp' }),
    protonum: u8(),
    tuple: tuple.openapi({ description: 'What is expected; an address or port whose mask is 0 is any' }),
    mask: tuple.optional(),
    master: z
      .object({ ...tupleShape, family: z.string().optional(), protonum: u8().optional() })
      .optional()
      .openapi({ description: 'The original tuple of the connection whose helper expects' }),
    timeout: u32().optional().openapi({ description: 'Seconds until it expires' }),
    zone: u16().optional(),
    flags: z.array(z.string()).optional(),
    class: u32().optional(),
    helper: z.string().optional().openapi({ example: 'ftp' }),
    nat: z.object({ direction: z.enum(['original', 'reply']), tuple }).optional(),
    fn: z.string().optional(),
  })
  .openapi('Expectation');

/** Expectations. */
export const ExpectationListSchema = z
  .object({
    items: z.array(ExpectationSchema),
    next: z.null().openapi({ description: 'There are no pages: raise the limit' }),
    meta: z.object({ scanned: counter, matched: counter }),
  })
  .openapi('ExpectationList');

/** The body of `POST /expectations/flush`. */
export const ExpectationFlushSchema = z
  .strictObject({
    confirm: z.literal('flush', 'must be "flush": all matching entries are deleted, without a limit').openapi({
      description: 'The word that says it is meant',
    }),
    helper: z.string().min(1).max(15).optional().openapi({ description: 'This helper’s alone', example: 'ftp' }),
  })
  .openapi('ExpectationFlush', { example: { confirm: 'flush' } });

/** What a flush emptied. */
export const ExpectationFlushedSchema = z
  .object({ flushed: z.record(z.string(), z.unknown()) })
  .openapi('ExpectationsFlushed');

/** A stream of events. */
export const ExpectationEventTextSchema = z.string().openapi('ExpectationEventText', {
  description:
    'NDJSON: a record a line, `{"type":"new","expectation":{…}}`. Server-Sent Events: the same as `data`, its `type` as the event’s',
});
