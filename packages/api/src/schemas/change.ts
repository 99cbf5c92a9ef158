import type { FlowChange, StatusName } from '@conntrack/flow';
import { z } from '@hono/zod-openapi';
import { label, state, statusName, u32 } from './scalars.js';

/** The body of a PATCH: what is absent stays. */
export const ChangeSchema = z
  .strictObject({
    mark: u32().optional().openapi({ description: 'The new mark is (old & ~markMask) ^ mark', example: 16 }),
    markMask: u32()
      .optional()
      .openapi({ description: 'Bits of the mark that are cleared first; all of them by default' }),
    timeout: u32().optional().openapi({ description: 'Seconds from now, at least 1: to end a flow, DELETE it' }),
    status: z
      .array(statusName)
      .max(32)
      .optional()
      .openapi({ description: 'Bits to set as well; the kernel never clears SEEN_REPLY or ASSURED' }),
    labels: z
      .array(label)
      .max(128)
      .optional()
      .openapi({ description: 'Label bits after the change, within labelsMask' }),
    labelsMask: z
      .array(label)
      .max(128)
      .optional()
      .openapi({ description: 'Label bits that may change (default: all)' }),
    helper: z.literal('').optional().openapi({ description: 'Detaches the helper; nothing else is possible' }),
    state: state.optional(),
  })
  .openapi('FlowChange', { example: { mark: 16, timeout: 600 } });

/** The same, checked as a whole, and as the table takes it. */
export const ChangeBody: z.ZodType<FlowChange> = ChangeSchema.transform((body, context): FlowChange => {
  if (Object.keys(body).length === 0) context.addIssue({ code: 'custom', message: 'it changes nothing' });
  for (const [mask, value] of [
    ['markMask', 'mark'],
    ['labelsMask', 'labels'],
  ] as const)
    if (body[mask] !== undefined && body[value] === undefined)
      context.addIssue({ code: 'custom', path: [mask], message: `a mask requires its value: ${value} is missing` });
  if (body.timeout === 0)
    context.addIssue({ code: 'custom', path: ['timeout'], message: 'a timeout of 0 would end the flow. Use DELETE' });
  const { status, state: stateText, ...rest } = body;
  return {
    ...(rest as FlowChange),
    ...(status && { status: status.map(name => name.toUpperCase() as StatusName) }),
    ...(stateText !== undefined && { state: stateText.toUpperCase() }),
  };
}) as unknown as z.ZodType<FlowChange>;
