import type { BrokerOptions } from '../broker/options.js';

/** What an agent reports while it runs. */
export type AgentReport =
  /** The node belongs to the fleet, and answers requests. */
  | { readonly type: 'joined' }
  /** The connection to the broker failed or was lost. The agent tries again. */
  | { readonly type: 'disconnected'; readonly reason: string }
  /** Another host has the same name. The agent answers nothing until that host has left. */
  | { readonly type: 'name-taken'; readonly reason: string }
  /** The broker refused a subject. */
  | { readonly type: 'refused'; readonly reason: string };

/** Options of an agent. */
export interface AgentOptions extends BrokerOptions {
  /** The name of the fleet. */
  fleet: string;
  /** The name of this node, which no other host of the fleet may have. */
  node: string;
  /** Words by which several nodes can be asked together. */
  tags?: readonly string[];
  /** Answers a request, as the HTTP server of this node does. It checks token, scopes and limits itself. */
  fetch: (request: Request) => Response | Promise<Response>;
  /** The version of this program, for the inventory. */
  version: string;
  /** Facts about this node's table, for the inventory. */
  capabilities?: Readonly<Record<string, unknown>>;
  /** Milliseconds between announcements. Default: 5,000. */
  interval?: number;
  /** Maximum number of requests that are answered at the same time. Default: 256. */
  exchanges?: number;
  /** Receives what happens to the connection. */
  report?: (report: AgentReport) => void;
}
