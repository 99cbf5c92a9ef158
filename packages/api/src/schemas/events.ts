import { z } from '@hono/zod-openapi';
import { FlowSchema } from './flow.js';
import { counter } from './scalars.js';

const position = z
  .string()
  .openapi({ description: 'Where to go on behind this record: `since`', example: '4f1d2a90bc-1' });
const where = z.enum(['kernel', 'ring', 'subscriber']);

/** One record of a stream of events. */
export const EventRecordSchema = z
  .discriminatedUnion('type', [
    z.object({
      type: z.enum(['new', 'update', 'destroy']),
      position,
      time: z.string().optional().openapi({ description: 'When, where the kernel says it' }),
      reason: z.enum(['left', 'unseen']).optional().openapi({
        description:
          'Why a destroy comes that the kernel did not send. left: the flow lives on, and no longer matches the filter. unseen: the flow ended without an event, and a look-up found it gone. The flow then has what identifies it, and nothing else',
      }),
      flow: FlowSchema,
    }),
    z.object({
      type: z.literal('snapshot'),
      unheard: z.literal(true).optional().openapi({
        description:
          'The flow may end without an event: the server looks it up from time to time, and tells its end later than others',
      }),
      position,
      flow: FlowSchema,
    }),
    z.object({
      type: z.literal('bookmark'),
      position,
      synced: z.literal(true).optional().openapi({ description: 'The snapshot is complete' }),
    }),
    z.object({
      type: z.literal('gap'),
      position,
      where,
      count: counter.nullable().openapi({ description: 'How many events, of all flows; null when nobody knows' }),
    }),
    z.object({
      type: z.literal('resync'),
      position,
      reason: z.enum(['initial', ...where.options]),
      snapshot: z.boolean().openapi({ description: 'A snapshot follows; without it, list the flows anew' }),
    }),
    z.object({
      type: z.literal('bye'),
      position,
      reason: z.enum(['shutdown', 'source-ended', 'source-failed', 'access-ended', 'too-many-flows', 'events-off']),
    }),
  ])
  .openapi('EventRecord');

/** A stream of events. */
export const EventTextSchema = z.string().openapi('EventText', {
  description: 'NDJSON: an EventRecord a line. Server-Sent Events: the same as `data`, its `type` as the event’s',
});
