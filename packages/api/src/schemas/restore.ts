import { z } from '@hono/zod-openapi';
import { FlowSchema } from './flow.js';
import { counter } from './scalars.js';

/** The media types of a restore: every format of flows that is read, as it is or compressed with gzip. The text itself tells its format. */
export const RESTORE_TYPES = [
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/json',
  'text/plain',
  'text/csv',
  'application/xml',
  'text/xml',
  'application/gzip',
  'application/octet-stream',
];

/** The body of `POST /conntrack/restore`. */
export const RestoreTextSchema = z.string().openapi('RestoreText', {
  description: 'Flows as text: a snapshot, a list of this API, or any capture of conntrack(8)',
  example:
    '{"family":"ipv4","protonum":17,"protocol":"udp","original":{"src":"192.0.2.10","dst":"198.51.100.7","sport":40000,"dport":53},"reply":{"src":"198.51.100.7","dst":"192.0.2.10","sport":53,"dport":40000},"timeout":60}\n',
});

/** What became of a restore. */
export const RestoredSchema = z
  .object({
    dryRun: z.boolean(),
    read: counter.openapi({ description: 'Flows read' }),
    created: counter.openapi({ description: 'Entries made' }),
    ready: counter.optional().openapi({ description: 'Of a dry run: entries that would be made' }),
    existed: counter.openapi({ description: 'Flows whose tuple has an entry already, which was left as it is' }),
    refused: counter.openapi({ description: 'Flows that the table refused' }),
    refusals: z
      .array(z.object({ code: z.string(), reason: z.string(), count: counter, examples: z.array(FlowSchema) }))
      .openapi({ description: 'Why, each reason with how many and up to 5 of the flows; at most 50 reasons' }),
    badLines: counter.openapi({ description: 'Lines that could not be read, and were left out' }),
    faults: z
      .array(z.object({ line: counter, message: z.string() }))
      .optional()
      .openapi({ description: 'The first 20 of these lines' }),
    lost: z.record(z.string(), counter).openapi({
      description: 'What the entries lack of the flows that they were made from, with how many',
      example: { counters: 12, start: 12 },
    }),
  })
  .openapi('Restored');
