import { z } from '@hono/zod-openapi';
import { FlowSchema } from './flow.js';
import { counter } from './scalars.js';

const position = z.string().openapi({
  description: 'The position after this record, to resume from with `since`',
  example: '4f1d2a90bc-1',
});
const where = z.enum(['kernel', 'ring', 'subscriber']);

/** A record of an event stream. */
export const EventRecordSchema = z
  .discriminatedUnion('type', [
    z.object({
      type: z.enum(['new', 'update', 'destroy']),
      position,
      time: z
        .string()
        .optional()
        .openapi({ description: 'The time of the event (RFC 3339). Present if the kernel reports it' }),
      reason: z.enum(['unmatched', 'missed']).optional().openapi({
        description:
          'Why the server sends a `destroy` that the kernel did not send. `unmatched`: the flow still exists, but no longer matches the filter. `missed`: the flow ended without an event, and a look-up found that. `flow` then has only what identifies it',
      }),
      flow: FlowSchema.openapi({ description: 'The flow. A `destroy` may contain only what identifies it' }),
    }),
    z.object({
      type: z.literal('snapshot'),
      uncertainEnd: z.literal(true).optional().openapi({
        description:
          'The kernel may send no event when this flow ends. The server looks it up regularly, and reports its end with a delay',
      }),
      position,
      flow: FlowSchema.openapi({ description: 'A flow that exists' }),
    }),
    z.object({
      type: z.literal('bookmark'),
      position,
      synced: z.literal(true).optional().openapi({ description: 'The snapshot is complete' }),
    }),
    z.object({
      type: z.literal('gap'),
      position,
      where: where.openapi({
        description:
          'Where events were lost: in the `kernel`, in the `ring` (before a resume), or at the `subscriber`, which was too slow',
      }),
      count: counter
        .nullable()
        .openapi({ description: 'Number of lost events, whether or not they match the filter; null if unknown' }),
    }),
    z.object({
      type: z.literal('resync'),
      position,
      reason: z
        .enum(['initial', ...where.options])
        .openapi({ description: '`initial` at the start of the stream, otherwise the `where` of the gap' }),
      snapshot: z.boolean().openapi({ description: 'Whether a snapshot follows. If false, list the flows again' }),
    }),
    z.object({
      type: z.literal('bye'),
      position,
      reason: z
        .enum(['shutdown', 'source-ended', 'source-failed', 'access-ended', 'too-many-flows', 'events-off'])
        .openapi({
          description:
            'Why the stream ends. `shutdown`: the server stops. `source-ended`, `source-failed`: the table sends no more events. `access-ended`: the token expired or was revoked. `too-many-flows`: the filter matches too many flows. `events-off`: net.netfilter.nf_conntrack_events was set to 0',
        }),
    }),
  ])
  .openapi('EventRecord', { description: 'A record of an event stream' });

/** An event stream. */
export const EventTextSchema = z.string().openapi('EventText', {
  description:
    'NDJSON: one EventRecord per line. Server-Sent Events: the record is the `data` of the event, and its `type` is the event’s name',
});
