import { z } from '@hono/zod-openapi';
import { CountSchema, FlowListSchema, TopSchema } from './answers.js';
import { counter } from './scalars.js';

const time = z.string().openapi({ format: 'date-time' });

const open = {
  from: time.openapi({ description: 'The beginning of the span that the answer is about' }),
  to: time.openapi({ description: 'The end of the span' }),
  gaps: z
    .array(
      z
        .object({
          from: time.openapi({ description: 'The beginning of the gap' }),
          to: time.openapi({ description: 'The end of the gap' }),
          cause: z.string().openapi({
            description:
              'Why flows may be missing: kernel (events were lost), stopped or killed (the recorder did not run), disk (the disk was full), overload (too many events), clock (the clock was set)',
          }),
          reason: z.string().openapi({ description: 'The reason, in words' }),
          of: z.enum(['ends', 'starts']).optional().openapi({ description: 'What may be missing. Absent: all rows' }),
          rows: counter.optional().openapi({ description: 'Number of missing rows, if it is known' }),
        })
        .openapi('HistoryGap', { description: 'A span of time in which flows may be missing' }),
    )
    .openapi({ description: 'Times in which flows may be missing from the answer' }),
  skipped: z
    .array(
      z.object({
        file: z.string().openapi({ description: 'The name of the file' }),
        reason: z.string().openapi({ description: 'Why it cannot be read' }),
      }),
    )
    .openapi({ description: 'Damaged files, which the answer does not contain' }),
};

const { scanned: _, index: __, position: ___, ...listMeta } = FlowListSchema.shape.meta.shape;
const { scanned: ____, index: _____, ...topMeta } = TopSchema.shape.meta.shape;
const { index: ______, ...count } = CountSchema.shape;

/** A page of flows of the past. */
export const HistoryListSchema = z
  .object({
    items: FlowListSchema.shape.items,
    next: z.string().nullable().openapi({ description: 'The cursor of the next page. null on the last page' }),
    meta: z.object({ ...listMeta, ...open }).openapi({ description: 'Facts about the whole list' }),
  })
  .openapi('HistoryList', { description: 'A page of flows of the past' });

/** A number of flows of the past. */
export const HistoryCountSchema = z
  .object({ ...count, ...open })
  .openapi('HistoryCount', { description: 'A number of flows of the past' });

/** The largest groups of flows of the past. */
export const HistoryTopSchema = z
  .object({
    items: TopSchema.shape.items,
    meta: z
      .object({ ...topMeta, scanned: counter.openapi({ description: 'Equals matched' }), ...open })
      .openapi({ description: 'Facts about all groups together' }),
  })
  .openapi('HistoryTop', { description: 'The largest groups of flows of the past' });

/** What answers about a span of time leave open. */
export const HistoryCertaintySchema = z
  .object(open)
  .openapi('HistoryCertainty', { description: 'What answers about a span of time leave open' });
