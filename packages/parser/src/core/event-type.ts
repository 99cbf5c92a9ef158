import type { FlowEventType } from '@conntrack/flow';

/** What XML's and JSON's `type` says happened; `undefined` where it says something else. */
export const eventOf = (type: unknown): FlowEventType | undefined =>
  type === 'new' || type === 'update' || type === 'destroy' ? type : undefined;
