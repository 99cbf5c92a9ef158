import type { Family, Tuple } from '@conntrack/flow';

/** Traffic that was made, with its tuples in the router's table. Closing it closes the sockets; the entry stays until its timeout. */
export interface TrafficHandle extends AsyncDisposable {
  readonly family: Family;
  readonly protocol: string;
  readonly protonum: number;
  /** The tuple as it was sent, before NAT. */
  readonly original: Tuple;
  /** The tuple of the answers, with NAT. */
  readonly reply: Tuple;
  /** Whether its sockets are closed. */
  readonly closed: boolean;
  close(): Promise<void>;
}
