import { type PlanAnswer, TABLE_PROBLEMS } from '@conntrack/client/protocol';
import type { Plan } from '@conntrack/table';

/** A plan as responses show it. */
export const planAnswerOf = (
  { id, expires, refusal, change, count, matched, skipped, skips, breakdown, sample, filters, nodes, fleet }: Plan,
  base: string,
): PlanAnswer => ({
  id,
  state: refusal === undefined ? 'ready' : 'refused',
  expires: new Date(expires).toISOString(),
  execute: `${base}/conntrack/plans/${id}/execute`,
  ...(refusal && { refusal: { code: TABLE_PROBLEMS[refusal.code], detail: refusal.message } }),
  ...(nodes && { nodes }),
  ...(fleet && { fleet }),
  ...{ change, count, matched, skipped, skips, breakdown, sample, filters },
});
