import type { Flow, FlowRef, NewFlow } from '@conntrack/flow';
import type { KernelFilter } from '../change/push-down.js';

/** What a probe needs of a client in a namespace made for it. */
export interface ProbedClient {
  create(flow: NewFlow, options?: { drops?: 'allow' }): Promise<unknown>;
  get(ref: FlowRef): Promise<Flow | undefined>;
  list(options: { filter: KernelFilter }): AsyncIterable<Flow>;
  flush(scope: { all: true }): Promise<void>;
  close(): void;
}
