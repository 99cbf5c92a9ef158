import type { FlowEventType } from '@conntrack/flow';

/** Reads the `type` of XML and JSON as the type of an event; returns `undefined` for other values. */
export const eventOf = (type: unknown): FlowEventType | undefined =>
  type === 'new' || type === 'update' || type === 'destroy' ? type : undefined;
