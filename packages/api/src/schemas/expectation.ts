import { z } from '@hono/zod-openapi';
import { masterSchema, tupleShape } from './flow.js';
import { counter, u8, u16, u32 } from './scalars.js';

const tuple = z.object(tupleShape);

/** An expectation, as all responses contain it. Responses may have members of newer kernels. */
const ExpectationSchema = z
  .looseObject({
    key: z.string().optional().openapi({ description: 'Opaque handle of the expectation, for DELETE' }),
    id: u32().optional().openapi({ description: 'The kernel’s id' }),
    family: z.enum(['ipv4', 'ipv6']).openapi({ description: 'Address family' }),
    protocol: z.string().openapi({ description: 'Name of the IP protocol', example: 'tcp' }),
    protonum: u8().openapi({ description: 'IP protocol number' }),
    tuple: tuple.openapi({
      description: 'The expected connection. An address or port whose `mask` is 0 can have any value',
    }),
    mask: tuple.optional().openapi({ description: 'The bits of `tuple` that must match' }),
    master: masterSchema
      .optional()
      .openapi({ description: 'Original tuple of the connection whose helper expects this one' }),
    timeout: u32().optional().openapi({ description: 'Seconds until the expectation expires' }),
    zone: u16().optional().openapi({ description: 'Connection tracking zone. Absent for zone 0' }),
    flags: z.array(z.string()).optional().openapi({ description: 'Names of the flags' }),
    class: u32().optional().openapi({ description: 'The helper’s class of expectations' }),
    helper: z.string().optional().openapi({ description: 'Name of the helper', example: 'ftp' }),
    nat: z
      .object({
        direction: z
          .enum(['original', 'reply'])
          .openapi({ description: 'Direction of the master connection that the address translation belongs to' }),
        tuple: tuple.openapi({ description: 'Address and port to translate to' }),
      })
      .optional()
      .openapi({ description: 'Address translation of the expected connection' }),
    fn: z.string().optional().openapi({ description: 'Name of the kernel function that handles the connection' }),
  })
  .openapi('Expectation', { description: 'A connection that a helper expects' });

/** A list of expectations. */
export const ExpectationListSchema = z
  .object({
    items: z.array(ExpectationSchema).openapi({ description: 'The expectations, in the kernel’s order' }),
    next: z.null().openapi({ description: 'Always null: there is one page. Raise `limit` to get more' }),
    meta: z
      .object({
        scanned: counter.openapi({ description: 'Number of expectations in the table' }),
        matched: counter.openapi({ description: 'Number of expectations that match' }),
      })
      .openapi({ description: 'Facts about the whole list' }),
  })
  .openapi('ExpectationList', { description: 'A list of expectations' });

/** The body of `POST /expectations/flush`. */
export const ExpectationFlushSchema = z
  .strictObject({
    confirm: z.literal('flush', 'must be "flush": all matching entries are deleted, without a limit').openapi({
      description: 'Must be `flush`, to confirm that all matching expectations are to be deleted',
    }),
    helper: z
      .string()
      .min(1)
      .max(15)
      .optional()
      .openapi({ description: 'Only expectations of this helper. Default: all expectations', example: 'ftp' }),
  })
  .openapi('ExpectationFlush', { description: 'A flush of expectations', example: { confirm: 'flush' } });

/** The outcome of a flush of expectations. */
export const ExpectationFlushedSchema = z
  .object({
    flushed: z
      .record(z.string(), z.unknown())
      .openapi({ description: 'The scope of the flush: `{"all": true}`, or the given helper' }),
  })
  .openapi('ExpectationsFlushed', { description: 'The outcome of a flush of expectations' });

/** A stream of expectation events. */
export const ExpectationEventTextSchema = z.string().openapi('ExpectationEventText', {
  description:
    'NDJSON: one record per line, `{"type":"new","expectation":{…}}`. Server-Sent Events: the record is the `data` of the event, and its `type` is the event’s name',
});
