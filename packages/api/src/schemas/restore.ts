import { z } from '@hono/zod-openapi';
import { FlowSchema } from './flow.js';
import { counter } from './scalars.js';

/** The media types of a restore: all formats that the parser reads, plain or compressed with gzip. The format is detected from the text. */
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
  description:
    'Flows as text: a snapshot or a list of this API, or a capture of conntrack(8), plain or compressed with gzip',
  example:
    '{"family":"ipv4","protonum":17,"protocol":"udp","original":{"src":"192.0.2.10","dst":"198.51.100.7","sport":40000,"dport":53},"reply":{"src":"198.51.100.7","dst":"192.0.2.10","sport":53,"dport":40000},"timeout":60}\n',
});

/** The outcome of a restore. */
export const RestoredSchema = z
  .object({
    dryRun: z.boolean().openapi({ description: 'Whether nothing was created because `dryRun` was requested' }),
    read: counter.openapi({ description: 'Number of flows in the body' }),
    created: counter.openapi({ description: 'Number of created entries' }),
    ready: counter
      .optional()
      .openapi({ description: 'Number of entries that would be created. Present for a dry run' }),
    existed: counter.openapi({
      description: 'Number of flows whose tuple already has an entry, which was not changed',
    }),
    refused: counter.openapi({ description: 'Number of flows that could not be created' }),
    refusals: z
      .array(
        z.object({
          code: z.string().openapi({ description: 'A problem code' }),
          reason: z.string().openapi({ description: 'The reason, in words' }),
          count: counter.openapi({ description: 'Number of flows' }),
          examples: z.array(FlowSchema).openapi({ description: 'Up to 5 of the flows' }),
        }),
      )
      .openapi({ description: 'Why flows could not be created. At most 50 reasons' }),
    badLines: counter.openapi({ description: 'Number of invalid lines that were skipped' }),
    faults: z
      .array(
        z.object({
          line: counter.openapi({ description: 'Number of the line, from 1' }),
          message: z.string().openapi({ description: 'What is wrong with the line' }),
        }),
      )
      .optional()
      .openapi({ description: 'The first 20 invalid lines' }),
    lost: z.record(z.string(), counter).openapi({
      description:
        'Properties that the kernel does not accept for a new entry, each with the number of flows that lost it',
      example: { counters: 12, start: 12 },
    }),
  })
  .openapi('Restored', { description: 'The outcome of a restore' });
