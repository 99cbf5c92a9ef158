import type { Family, Tuple } from '@conntrack/flow';

/** Traffic that was made, as the router's table has it. Closing lets go of the sockets; the entry stays until its timeout. */
export interface TrafficHandle extends AsyncDisposable {
  readonly family: Family;
  readonly protocol: string;
  readonly protonum: number;
  /** What was sent, before NAT. */
  readonly original: Tuple;
  /** What answers look like, NAT included. */
  readonly reply: Tuple;
  /** Whether its sockets are gone. */
  readonly closed: boolean;
  close(): Promise<void>;
}
