import { TABLE_PROBLEMS } from '@conntrack/client/protocol';
import type { Plan } from '@conntrack/table';

/** A plan as a dry run mentions it. */
export const handleOf = ({ id, expires, refusal }: Plan, base: string): object => ({
  id,
  state: refusal === undefined ? 'ready' : 'refused',
  expires: new Date(expires).toISOString(),
  execute: `${base}/conntrack/plans/${id}/execute`,
  ...(refusal && { refusal: { code: TABLE_PROBLEMS[refusal.code], detail: refusal.message } }),
});
