import type { FlowChange, StatusName } from '@conntrack/flow';
import { z } from '@hono/zod-openapi';
import { label, state, statusName, u32 } from './scalars.js';

/** The body of a PATCH. Absent members are not changed. */
export const ChangeSchema = z
  .strictObject({
    mark: u32().optional().openapi({ description: 'The new mark is (old AND NOT markMask) XOR mark', example: 16 }),
    markMask: u32().optional().openapi({ description: 'Bits of the old mark to clear. Default: all' }),
    timeout: u32()
      .optional()
      .openapi({ description: 'New timeout in seconds from now, at least 1. To end a flow, use DELETE' }),
    status: z
      .array(statusName)
      .max(32)
      .optional()
      .openapi({ description: 'Status bits to set. Other bits stay; the kernel never clears SEEN_REPLY or ASSURED' }),
    labels: z
      .array(label)
      .max(128)
      .optional()
      .openapi({ description: 'Label bits after the change. Bits outside of labelsMask stay' }),
    labelsMask: z.array(label).max(128).optional().openapi({ description: 'Label bits that may change. Default: all' }),
    helper: z
      .literal('')
      .optional()
      .openapi({ description: 'The empty string detaches the helper. A helper cannot be attached later' }),
    state: state.optional().openapi({ description: 'New TCP, SCTP or DCCP state' }),
  })
  .openapi('FlowChange', { description: 'The members to change', example: { mark: 16, timeout: 600 } });

/** Parses the body of a PATCH: also checks members against each other, and converts them for the table. */
export const ChangeBody: z.ZodType<FlowChange> = ChangeSchema.transform((body, context): FlowChange => {
  if (Object.keys(body).length === 0)
    context.addIssue({ code: 'custom', message: 'at least one member to change is required' });
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
